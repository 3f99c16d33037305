export default defineEventHandler((event) => {
  const { {{NUXT_SCOPE}} } = useRuntimeConfig(event);

  return Webhooks({
    webhookSecret: {{NUXT_SECRET}},
    onPayload: async (payload) => {
      console.log(payload.type);
    },
  })(event);
});
