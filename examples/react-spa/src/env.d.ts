/** What Vite reads from `.env`, and serve.mjs from the environment. */
interface ImportMeta {
  readonly env: Record<'VITE_AUTH_URL' | 'VITE_CLIENT_ID' | 'VITE_ORDERS_URL' | 'VITE_BILLING_URL', string>
}
