// What an app in TypeScript does with a client made of the OpenAPI document: it has to compile as it stands.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Outcome = components["schemas"]["SucceededAdjustment" | "AcceptedAdjustment" | "UnknownAdjustment"];

const [, , baseUrl, key] = process.argv;
const points = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}`, "X-Tenant": "acme" } });

/** The status tells the types apart, and no other status is possible here. */
function told(done: Outcome): string {
  switch (done.status) {
    case "succeeded":
      return `done: ${done.points}`;
    case "accepted":
    case "unknown":
      return `not known yet: ${done.id}`;
    default: {
      const never: never = done;
      return never;
    }
  }
}

async function adjust(idempotencyKey: string, body: components["schemas"]["AdjustmentRequest"]): Promise<string> {
  const { data, error } = await points.POST("/v1/adjustments", {
    params: { header: { "Idempotency-Key": idempotencyKey } },
    body,
  });
  if (data) return told(data);
  // The code tells problems apart; one that this operation does not have would not compile.
  const code: components["schemas"]["ProblemCode"] = error.code;
  if (error.code === "field_not_supported") return `${code} ${error.status}: ${error.errors?.[0]?.pointer}`;
  return `${code} ${error.status}`;
}

const first = await adjust("typed-1", { member: "contact_id:1", points: "5" });
const again = await adjust("typed-1", { member: "contact_id:1", points: "5" });
const reused = await adjust("typed-1", { member: "contact_id:1", points: "6" });
const balance = await points.GET("/v1/members/{member}/balance", { params: { path: { member: "email:jason@example.com" } } });
console.log(JSON.stringify({ first, again, reused, available: balance.data?.available ?? null }));
