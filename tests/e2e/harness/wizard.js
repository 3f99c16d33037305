// The steps of the wizard, as the tests walk through them.

/** Lets every step be looked at: a picture is kept, and axe must find nothing. */
export function lookAtEveryStep(window, problems) {
  return async (name) => {
    await window.screenshot(name);
    for (const problem of await window.accessibilityProblems()) problems.push(`${window.theme} ${name}: ${problem}`);
    // Where the step scrolls by itself, a second scroll bar beside it would lead nowhere.
    const scrolls = await window.session.run(
      `const step = document.querySelector(".scroll");
       return !!step && getComputedStyle(step).overflowY === "auto" && document.body.scrollHeight > innerHeight;`,
    );
    if (scrolls) problems.push(`${window.theme} ${name}: the window scrolls beside the step`);
  };
}

/** Points the window at a practice Polar that runs outside of it, and hands in a token. */
export async function useCustomPolar(window, practice, token) {
  await window.goTo("token");
  await window.click("environment-custom");
  await window.type("api-url", practice.url);
  await window.type("token-input", token);
  await window.click("token-submit");
}

/** Chooses "directly", then "Write and verify"; resolves once there is a report, to whether it says "verified". */
export async function writeAndVerify(window) {
  await window.goTo("public_url");
  await window.click("way-direct");
  await window.goTo("verify");
  await window.click("apply");
  const { seen } = await window.waitForAttribute("report", "data-verified", undefined, 60_000);
  return seen === "true";
}
