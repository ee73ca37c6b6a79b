//! Where a picture of somebody else's server is found.

use super::answers::ok;
use crate::site::FakeSite;
use crate::{configured, outside};
use serde_json::json;
use webcared::sources::build;

#[tokio::test]
async fn a_picture_of_bluesky_is_found_at_its_author_s_own_server() {
    use webcared::domain::file::FileNote;
    let (directory, site) = (FakeSite::start().await, FakeSite::start().await);
    let document = |did: &str, at: &str| {
        json!({"id": did, "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer",
            "serviceEndpoint": at}]})
    };
    directory.serve("/did:plc:anna", ok(&document("did:plc:anna", &site.url)));
    directory.serve("/did:plc:other", ok(&document("did:plc:somebody", &site.url)));
    directory.serve("/did:plc:file", ok(&document("did:plc:file", "file:///etc/passwd")));
    let config = json!({"name": "x", "bluesky": {"server": site.url, "account": "brand.example",
        "app_password": "s3cret-app-password", "directory": directory.url}});
    let source = build(&configured(config), &outside()).unwrap().remove(0);
    let media = source.media().unwrap();
    let at = async |handle: &str| {
        media.elsewhere(&FileNote { handle: handle.into(), ..FileNote::default() }).await.map(String::from)
    };
    let expected = format!("{}/xrpc/com.atproto.sync.getBlob?did=did%3Aplc%3Aanna&cid=bafkreia", site.url);
    assert_eq!(at("did:plc:anna/bafkreia").await, Some(expected.clone()));
    assert_eq!(at("did:plc:anna/bafkreia").await, Some(expected));
    assert_eq!(directory.asked().len(), 1, "where somebody is, is remembered");
    for wrong in [
        "did:plc:other/bafkreia",
        "did:plc:file/bafkreia",
        "did:plc:nobody/bafkreia",
        "did:plc:anna/../x",
        "did:key:x/bafkreia",
        "",
        "did:plc:a?b/bafkreia",
    ] {
        assert_eq!(at(wrong).await, None, "{wrong}");
    }
}
