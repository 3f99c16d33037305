// Waiting for something to become true. Nothing in these tests waits for a fixed time.

const PAUSE = 50;

/**
 * Asks again and again until the answer is truthy, and returns that answer.
 * @param {string} what what is waited for, for the message when it does not come
 * @param {() => unknown} condition may be asynchronous; what it throws ends the waiting
 * @param {number} deadline in milliseconds
 */
export async function waitUntil(what, condition, deadline = 20_000) {
  const end = Date.now() + deadline;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`Waited ${deadline / 1000} s in vain until: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
