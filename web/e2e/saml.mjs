/** A real SAML provider on loopback: `node e2e/saml.mjs`, told where and with which keys by its environment. */

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import samlp from "samlp";

const { SAML_URL, SAML_KEY, SAML_CERT, SAML_SIGNING_KEY, SAML_SIGNING_CERT, SAML_RECEIVER } = process.env;

const signing = { key: readFileSync(SAML_SIGNING_KEY), cert: readFileSync(SAML_SIGNING_CERT) };
const answer = samlp.auth({
  ...signing,
  issuer: `${SAML_URL}/saml`,
  destination: SAML_RECEIVER,
  recipient: SAML_RECEIVER,
  getPostURL: (_audience, _request, _asked, told) => told(null, SAML_RECEIVER),
  getUserFromRequest: ({ person }) => ({
    id: person,
    displayName: `${person} of the provider`,
    emails: [{ value: `${person}@id.example` }],
    name: { familyName: person, givenName: person },
  }),
});
const metadata = samlp.metadata({
  ...signing,
  issuer: `${SAML_URL}/saml`,
  redirectEndpointPath: "/sso",
  postEndpointPath: "/sso",
});

const PAGE = `<!doctype html><html lang="en"><title>A provider</title><form method="post">
<label>Login <input name="login"></label><button>Sign in</button></form></html>`;

/** What samlp wants of a framework: a query, and an answer that is set and sent. */
createServer({ key: readFileSync(SAML_KEY), cert: readFileSync(SAML_CERT) }, async (request, response) => {
  const url = new URL(request.url, SAML_URL);
  response.set = (name, value) => response.setHeader(name, value);
  response.send = (body) => response.end(typeof body === "number" ? String(body) : body);
  Object.assign(request, {
    query: Object.fromEntries(url.searchParams),
    originalUrl: request.url,
    protocol: "https",
    get: (name) => request.headers[name],
  });
  if (url.pathname === "/metadata") return metadata(request, response);
  if (request.method !== "POST") return response.setHeader("content-type", "text/html").end(PAGE);
  let body = "";
  for await (const part of request) body += part;
  request.person = new URLSearchParams(body).get("login");
  return answer(request, response, (error) => response.writeHead(500).end(String(error)));
}).listen(Number(new URL(SAML_URL).port), new URL(SAML_URL).hostname, () => process.stdout.write("listening\n"));
