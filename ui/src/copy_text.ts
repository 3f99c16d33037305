// Text that stands on the page anyway goes to the clipboard from here. What must not stand there is copied by Rust.

/** Puts text on the clipboard; only while a button is pressed. */
export async function copyText(text: string): Promise<void> {
  // The types promise it, but a web view has it only where it takes the page for secure.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) throw new Error("The clipboard cannot be written from here: select the text and copy it.");
  await clipboard.writeText(text);
}
