// What a page does besides: parts of it follow the gateway, and a box marks all others. Everything works without it.
"use strict";

function follow(part) {
  const every = Number(part.dataset.every);
  let state = part.dataset.state;
  let timer = 0;
  const button = document.querySelector(`[data-pauses="${part.id}"]`);
  const paused = () => button && button.getAttribute("aria-pressed") === "true";

  async function look() {
    if (document.hidden || paused() || part.contains(document.activeElement)) return;
    const url = new URL(part.dataset.follow, location.href);
    url.searchParams.set("state", state);
    const answer = await fetch(url, { headers: { "X-Part": part.id } });
    if (answer.status === 204) return;
    if (answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    part.replaceChildren(...page.body.childNodes);
    state = answer.headers.get("X-State") || "";
  }

  async function turn() {
    let pause = every;
    try { await look(); part.classList.remove("stale"); }
    catch (error) { part.classList.add("stale"); pause = 5 * every; }
    timer = setTimeout(turn, pause);
  }

  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const now = !paused();
      button.setAttribute("aria-pressed", String(now));
      button.textContent = now ? button.dataset.resume : button.dataset.pause;
    });
  }
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { clearTimeout(timer); turn(); }
  });
  timer = setTimeout(turn, every);
}

function markAll(box) {
  const others = [...document.querySelectorAll(`input[type="checkbox"][name="${box.dataset.marks}"]`)];
  box.closest("[hidden]").hidden = false;
  box.addEventListener("change", () => others.forEach((each) => { each.checked = box.checked; }));
}

document.querySelectorAll("[data-follow]").forEach(follow);
document.querySelectorAll("[data-marks]").forEach(markAll);
