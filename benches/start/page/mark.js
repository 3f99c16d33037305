// The same mark that Polar Setup's page sets when its first step is drawn.
requestAnimationFrame(() => performance.mark("first-step"));
