//! The description of the interface as OpenAPI 3.1, made from the table of routes and from the types that are read
//! and written: what is described is what is served.

use super::problem::{Kind, MEDIA_TYPE, Shape, TYPE};
use super::table::{Endpoint, ROOT, Sort, table};
use crate::domain::label::Label;
use crate::domain::protocol::ProtocolKind;
use crate::tokens::Scope;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const ABOUT: &str = "\
Everything that people do in the console, for programs. A token goes with every request as `Authorization: Bearer \
webcared_…`; it is made by `webcared token add` or in the console, acts in the name of a person or a service, and \
sees its brands only. Errors are problems (RFC 9457): `type` never changes its meaning, `errors` names every place.\n\n\
**Versions.** A case has a version, which is its `ETag`. Acts want it in `If-Match`; if somebody did something since, \
nothing is done and 412 tells what. What is put (`PUT`) takes it too: the `ETag` of the read of the same thing; if it stands \
otherwise since, 412. Reads take `If-None-Match`.\n\n\
**Keys.** Writes take an `Idempotency-Key`: the same request under the same key is done once, within 24 hours, \
whatever happens to the connection or to us, and is answered as the first time, with `Idempotent-Replayed: true`.\n\n\
**Pages.** `next` of a page is the `cursor` of the next.";

/// The description, as it is served.
pub fn description(version: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| {
        "#/components/schemas".clone_into(s.definitions_path.to_mut());
        s.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for endpoint in table() {
        let operation = operation(&endpoint, &mut generator);
        let path = paths.entry(format!("{ROOT}{}", endpoint.path)).or_default();
        path.insert(endpoint.method.to_lowercase(), operation);
    }
    let own = json!({
        "operationId": "readDescription",
        "tags": ["Description"],
        "summary": "This description.",
        "security": [],
        "responses": { "200": { "description": "OpenAPI 3.1.", "content": { "application/json": {
            "schema": { "type": "object" } } } } },
    });
    let first = Map::from_iter([("get".to_owned(), own)]);
    paths.insert(format!("{ROOT}/openapi.json"), first);
    generator.subschema_for::<Shape>();
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": { "title": "webcared", "version": version, "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" } },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer",
                "description": scopes() } },
        },
    })
}

fn scopes() -> String {
    let line = |scope: &Scope| match scope {
        Scope::Wall => "`wall`: the wallboard of the console by a link, numbers alone; nothing here.",
        Scope::Read => "`read`: cases, figures, settings; personal data in posts stays covered.",
        Scope::ReadPersonal => "`read_personal`: personal data in posts as well.",
        Scope::Act => "`act`: work on cases without saying anything to customers.",
        Scope::Answer => "`answer`: answer customers and take measures against posts.",
        Scope::Lead => "`lead`: what only leads may.",
        Scope::Admin => "`admin`: people and tokens; exporting and erasing a person.",
        Scope::Account => "`account`: second factors, log-ins and tokens of the person whom it acts for.",
    };
    let lines: Vec<&str> = Scope::ALL.iter().map(line).collect();
    format!("A token of this installation. Its scopes: {}", lines.join(" "))
}

fn operation(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let mut parameters = path_parameters(endpoint.path);
    parameters.extend(query_parameters(endpoint, generator));
    parameters.extend(header_parameters(endpoint));
    let mut operation = json!({
        "operationId": endpoint.name,
        "tags": [endpoint.group],
        "summary": endpoint.about,
        "description": format!("Needs the scope `{}`.", endpoint.scope.code()),
        "parameters": parameters,
        "responses": responses(endpoint, generator),
    });
    if let Some(describe) = endpoint.body {
        let schema = describe(generator);
        let required = generator
            .definitions()
            .get(&name_of(schema.as_value()))
            .and_then(|s| s.get("required")?.as_array().map(|r| !r.is_empty()));
        operation["requestBody"] = json!({
            "required": required.unwrap_or(false),
            "content": { "application/json": { "schema": schema } },
        });
    }
    operation
}

/// The name behind a reference.
fn name_of(schema: &Value) -> String {
    let reference = schema["$ref"].as_str().unwrap_or_default();
    reference.rsplit('/').next().unwrap_or_default().to_owned()
}

/// What something in a path is that may be any text.
fn what_is(name: &str) -> &'static str {
    match name {
        "absence" => "The absence, by id.",
        "answer" => "The answer of the library, by id.",
        "brand" => "The brand, by name.",
        "file" => "The file, by id.",
        "filter" => "The saved filter, by id.",
        "finding" => "The finding, by id.",
        "label" => "The label of the objection, as it was told.",
        "login" => "The name by which they log in.",
        "message" => "The message, by id.",
        "note" => "The note of a day, by id.",
        "passkey" => "The passkey, by id.",
        "policy" => "The policy, by name.",
        "proposal" => "The proposal for the quarter, by id.",
        "sample" => "The drawn answer, by id.",
        "session" => "The open log-in, by id.",
        "shift" => "The planned shift, by id.",
        "swap" => "The swap, by id.",
        "token" => "The token, by id.",
        // A test holds that there is none.
        _ => "",
    }
}

/// What stands in a path, and what it looks like.
fn path_parameters(path: &str) -> Vec<Value> {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let one = |name: &str| {
        let (schema, about) = match name {
            "case" => {
                let pattern = "^(cas_[0-9a-hjkmnp-z]{26}|.+#[0-9]{1,9})$";
                (
                    json!({ "type": "string", "pattern": pattern }),
                    "The case, by id, or by brand and number as `Acme#12` (written `Acme%2312`).",
                )
            }
            "effect" => (id("act"), "The action, by id."),
            "payload" => (id("inb"), "The delivery that could not be read, by id."),
            "delivery" => (id("act"), "The webhook, by id."),
            "join" => (id("jon"), "The join, by id."),
            "pass" => (id("gua"), "The answer that waits for a second person, by id."),
            "link" => (id("tkl"), "The tie to the ticket, by id."),
            "incident" => (id("inc"), "The incident, by id."),
            "line" => (id("lin"), "The words for many, by id."),
            "briefing" => (id("brf"), "The line of the briefing, by id."),
            "batch" => (id("bat"), "The act on many, by id."),
            "peak" => (id("pek"), "The peak or the crisis, by id."),
            "protocol" => (codes(&ProtocolKind::ALL.map(ProtocolKind::code)), "The protocol, by its code."),
            "step" => (codes(&steps()), "The step, by its code."),
            "kind" => (codes(&Label::ALL.map(Label::code)), "The label, by its code."),
            "template" => (id("tpl"), "The text, by id."),
            "goodwill" => (id("gdw"), "What is given, by id."),
            "promise" => {
                let pattern = "^(prm_[0-9a-hjkmnp-z]{26}_[0-9]{1,9}|[0-9]{1,9})$";
                (
                    json!({ "type": "string", "pattern": pattern }),
                    "The promise, by id, or by its wait in the case.",
                )
            }
            plain => (json!({ "type": "string", "minLength": 1 }), what_is(plain)),
        };
        json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema })
    };
    named.map(one).collect()
}

fn id(prefix: &str) -> Value {
    json!({ "type": "string", "pattern": format!("^{prefix}_[0-9a-hjkmnp-z]{{26}}$") })
}

fn codes(all: &[&'static str]) -> Value {
    json!({ "type": "string", "enum": all })
}

/// The steps of all protocols, each once.
fn steps() -> Vec<&'static str> {
    let mut all: Vec<&str> =
        ProtocolKind::ALL.iter().flat_map(|k| k.steps().iter().map(|s| s.code)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What stands behind the question mark: the fields of its type.
fn query_parameters(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Vec<Value> {
    let Some(describe) = endpoint.query else { return Vec::new() };
    let name = name_of(describe(generator).as_value());
    // Each field is described as a parameter; the type itself stands nowhere else.
    let Some(all) = generator.definitions_mut().remove(&name) else { return Vec::new() };
    let required: Vec<&str> =
        all["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let fields = all["properties"].as_object().into_iter().flatten();
    let one = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        without_null(&mut schema);
        let about = schema.as_object_mut().and_then(|s| s.remove("description")).unwrap_or_default();
        json!({
            "name": name,
            "in": "query",
            "required": required.contains(&name.as_str()),
            "description": about,
            "schema": schema,
        })
    };
    fields.map(one).collect()
}

/// A parameter that is left out is none; it cannot be null.
fn without_null(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    if map.get("default") == Some(&Value::Null) {
        map.remove("default");
    }
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|t| t != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            map.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(any)) = map.get_mut("anyOf") {
        any.retain(|s| s["type"] != "null");
    }
}

fn header_parameters(endpoint: &Endpoint) -> Vec<Value> {
    let text = |name: &str, required: bool, about: &str, schema: Value| json!({ "name": name, "in": "header", "required": required, "description": about, "schema": schema });
    let version = text(
        "If-Match",
        true,
        "The version of the case that was seen: its `ETag`, or its `version` in quotes.",
        json!({ "type": "string", "pattern": "^\"[0-9]{1,15}\"$", "examples": ["\"12\""] }),
    );
    let state = text(
        "If-Match",
        false,
        "How it stood when it was seen: the `ETag` of the read, or the number at its begin in quotes. If it stands otherwise, nothing is done. Without it the last one wins.",
        json!({ "type": "string", "pattern": "^\"[0-9]{1,15}\"$" }),
    );
    let of = endpoint.seen.map_or("", |seen| seen.0);
    let shown = text(
        "If-Match",
        false,
        &format!(
            "How it stood when it was seen: the `ETag` of `GET {of}` without a query. If it stands otherwise, nothing is done. Without it the last one wins."
        ),
        json!({ "type": "string", "pattern": "^\"[0-9A-Za-z_-]{1,40}\"$" }),
    );
    let key = text(
        "Idempotency-Key",
        false,
        "Under which this is done once within 24 hours.",
        json!({ "type": "string", "pattern": "^[!-~]{1,64}$" }),
    );
    let none = text(
        "If-None-Match",
        false,
        "An `ETag` that is known: if nothing changed, the answer is 304 without a body.",
        json!({ "type": "string", "pattern": "^\"[0-9A-Za-z_-]{1,40}\"$" }),
    );
    match endpoint.sort {
        Sort::Write if endpoint.method == "PUT" => vec![state, key],
        Sort::Read => vec![none],
        Sort::Ask => Vec::new(),
        Sort::Write if endpoint.seen.is_some() => vec![shown, key],
        Sort::Write => vec![key],
        Sort::Act => vec![version, key],
    }
}

fn responses(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    let mut content = json!({ "application/json": { "schema": (endpoint.reply)(generator) } });
    if endpoint.csv {
        content["text/csv"] = json!({ "schema": { "type": "string" } });
    }
    let tag = json!({ "description": "The version of what was answered.", "schema": { "type": "string" } });
    let mut fine = json!({ "description": endpoint.about, "content": content });
    if matches!(endpoint.sort, Sort::Read | Sort::Act) || endpoint.method == "PUT" {
        fine["headers"] = json!({ "ETag": tag });
    }
    all.insert(endpoint.status.to_string(), fine);
    if endpoint.sort == Sort::Read {
        all.insert("304".to_owned(), json!({ "description": "Nothing changed since that `ETag`." }));
    }
    let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in endpoint.problems() {
        by_status.entry(kind.status()).or_default().push(kind);
    }
    let schema = generator.subschema_for::<Shape>();
    for (status, kinds) in by_status {
        let lines: Vec<String> =
            kinds.iter().map(|k| format!("`{TYPE}{}`: {}.", k.code(), k.title())).collect();
        let mut response =
            json!({ "description": lines.join(" "), "content": { MEDIA_TYPE: { "schema": schema } } });
        if matches!(status, 429 | 503) {
            let after = json!({ "description": "Seconds to wait.", "schema": { "type": "string" } });
            response["headers"] = json!({ "Retry-After": after });
        }
        all.insert(status.to_string(), response);
    }
    json!(all)
}
