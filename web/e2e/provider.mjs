/** A real OpenID provider on loopback: `node e2e/provider.mjs`, told where and with which certificate by its environment. */

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { Provider } from "oidc-provider";

const { PROVIDER_URL, PROVIDER_KEY, PROVIDER_CERT, PROVIDER_REDIRECT } = process.env;

const provider = new Provider(PROVIDER_URL, {
  clients: [
    {
      client_id: "flowlens",
      client_secret: "a secret: with marks+and & more, of 32 bytes",
      redirect_uris: [PROVIDER_REDIRECT],
      application_type: "native", // FlowLens on one machine is http on loopback (RFC 8252 7.3)
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  claims: { openid: ["sub"], email: ["email"], profile: ["name"] },
  conformIdTokenClaims: false,
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@id.example`, name: `${id} of the provider` }),
  }),
});

const { hostname, port } = new URL(PROVIDER_URL);
createServer({ key: readFileSync(PROVIDER_KEY), cert: readFileSync(PROVIDER_CERT) }, provider.callback()).listen(
  Number(port),
  hostname,
  () => process.stdout.write("listening\n"),
);
