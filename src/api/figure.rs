//! The public figure of brands, where that module is on: what is shown, frozen by leads and let go on.

use super::ask::{Call, Reply, state_of};
use super::problem::Problem;
use super::shape::{Who, names, who};
use super::word::{At, at};
use crate::catalogue::Watched;
use crate::reports::public::{self, Shown};
use crate::store::public_figure as store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How soon an answer may be expected in one language.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExpectedIn {
    /// The language.
    pub language: String,
    /// Three of four get an answer within about so many minutes; none where nobody can tell.
    pub minutes: Option<i64>,
}

/// What everybody may see of a brand.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PublicFigure {
    /// The brand by name.
    pub brand: String,
    /// The minute of which it is.
    pub as_of: String,
    /// What is promised, and to whom.
    pub promise: String,
    /// The same by language, where we have words of our own.
    pub promises: BTreeMap<String, String>,
    /// By language.
    pub languages: Vec<ExpectedIn>,
    /// Since when it stands still; none where it goes on.
    pub frozen_at: Option<At>,
    /// Who froze it.
    pub frozen_by: Option<Who>,
}

/// What everybody may see of the brands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PublicFigures {
    /// Those of which it is shown.
    pub figures: Vec<PublicFigure>,
}

/// Whether it stands still.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeBody {
    /// True keeps what is shown now; false lets it go on.
    pub frozen: bool,
}

fn shape(shown: Shown, frozen: Option<(i64, Who)>) -> PublicFigure {
    let one = |e: public::Expected| ExpectedIn { language: e.language, minutes: e.minutes };
    let (frozen_at, frozen_by) = frozen.map(|(ms, who)| (at(ms), who)).unzip();
    PublicFigure {
        brand: shown.brand,
        as_of: shown.as_of,
        promise: shown.promise,
        promises: shown.promises,
        languages: shown.languages.into_iter().map(one).collect(),
        frozen_at,
        frozen_by,
    }
}

async fn figures(call: &Call, brands: Vec<Watched>) -> Result<Vec<PublicFigure>, Problem> {
    let now = call.api.clock.now();
    let read = call.api.db.read("reading public figures", move |tx| {
        Box::pin(async move {
            let (names, mut all) = (names(tx).await?, Vec::new());
            for brand in brands {
                let frozen = store::frozen(tx, &brand.id).await?;
                let frozen = frozen.map(|row| (row.at, who(&row.person_id, &names)));
                all.push(shape(public::shown(tx, &brand, now).await?, frozen));
            }
            Ok(all)
        })
    });
    Ok(read.await?)
}

fn shown(call: &Call) -> Vec<Watched> {
    let shows = |b: &Watched| call.api.modules.figures.contains(&b.brand.name);
    call.brands().into_iter().filter(shows).collect()
}

/// `GET /public-figures`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let brands = shown(&call);
    Reply::json(&PublicFigures { figures: figures(&call, brands).await? })
}

/// How it stands, for who says what they saw of it: whether it is frozen, and since when.
fn state(figure: &PublicFigure) -> i64 {
    state_of([figure.frozen_at.as_ref().map(|at| at.0.millis().to_string()).unwrap_or_default().as_str()])
}

/// The figure of the brand in the address, where it is shown.
async fn looked(call: &Call) -> Result<(Watched, PublicFigure), Problem> {
    let brand = call.brand()?;
    let brand = shown(call).into_iter().find(|b| b.id == brand.id).ok_or_else(Problem::not_found)?;
    let found = figures(call, vec![brand.clone()]).await?.pop().ok_or_else(Problem::not_found)?;
    Ok((brand, found))
}

/// `GET /public-figures/{brand}`.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    let (_, found) = looked(&call).await?;
    Ok(Reply::json(&found)?.of_version(state(&found)))
}

/// `PUT /public-figures/{brand}`.
pub async fn freeze(call: Call) -> Result<Reply, Problem> {
    let body: FreezeBody = call.body()?;
    let (brand, before) = looked(&call).await?;
    call.unchanged(state(&before))?;
    public::freeze(&call.api.db, &brand, body.frozen, &call.caller, call.api.clock.now()).await?;
    let (_, found) = looked(&call).await?;
    Ok(Reply::json(&found)?.of_version(state(&found)))
}
