"""What operators see and do, without HTTP and HTML: the operator API and the console are made of it."""
