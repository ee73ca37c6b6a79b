// A provider of identities: oidc-provider as its authors publish it, with one client and its own pages for logging in,
// which take any name. Claims follow from the name. Prints one line of JSON once it listens.
import Provider from "oidc-provider";

const port = Number(process.env.PORT), issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{
    client_id: "care",
    client_secret: "a secret of nobody's",
    redirect_uris: [process.env.BACK],
    post_logout_redirect_uris: [process.env.OUT],
    id_token_signed_response_alg: process.env.ALG || "RS256",
  }],
  claims: { openid: ["sub"], profile: ["name", "preferred_username"], groups: ["groups"] },
  scopes: ["openid", "profile", "groups"],
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `Name of ${id}`, preferred_username: id, groups: ["team"] }),
  }),
  cookies: { keys: ["of the tests"] },
});
provider.listen(port, "127.0.0.1", () => console.log(JSON.stringify({ ready: issuer })));
