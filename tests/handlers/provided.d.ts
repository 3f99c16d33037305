// What the frameworks' own builds provide.
declare module "$env/dynamic/private" {
  export const env: Record<string, string | undefined>;
}
declare module "astro:env/server" {
  export function getSecret(name: string): string | undefined;
}
