// How long what is waited for takes when all is well, so that somebody who waits can tell when it is not.
export const usually = {
  token: "Usually a second or two.",
  tunnel: "Usually 5 to 15 seconds.",
  run: "Usually less than 15 seconds.",
  fetch: "Usually less than a minute.",
  list: "Usually a second or two.",
  leaks: "Usually a few seconds; in large histories a minute.",
  diagnosis: "Usually a few seconds.",
  slowApp: "Something takes its time to answer. Each test delivery is waited for as long as Polar would: ten seconds.",
} as const;
