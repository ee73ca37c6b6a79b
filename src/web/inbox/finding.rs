//! One look at the store for the inbox.

use super::{COUNT_MAX, Found, NAMED_MAX, OFFERED_FIRST, choosing};
use crate::casework::filters::SAVED_MAX;
use crate::domain::filter::Filter;
use crate::store::filtered::{self, Sift};
use crate::store::lanes::{self, Lane, Place, Wanted};
use crate::store::rows::CaseRow;
use crate::store::{
    StoreError, Tx, called_in, collecting, console, incident, label, listed, offer, peak, person, protocol,
    safety, saved, ticket,
};
use crate::web::frame::is_stopped;

/// The cases of some brands in one order, and how far the look went where it did not look at all.
pub(super) async fn cases(
    tx: &mut Tx,
    brands: &[String],
    wanted: &Wanted,
    filter: &Filter,
    sift: &Sift,
) -> Result<(Vec<CaseRow>, Option<Place>), StoreError> {
    let (mut cases, mut edge): (Vec<CaseRow>, Option<Place>) = (Vec::new(), None);
    for brand in brands {
        if filter.is_plain() && !wanted.lane.is_sifted() {
            cases.extend(lanes::page(tx, brand, wanted).await?);
            continue;
        }
        let page = filtered::page(tx, brand, wanted, sift).await?;
        cases.extend(page.cases);
        edge = [edge, page.looked_to].into_iter().flatten().min();
    }
    cases.sort_by_cached_key(|c| Place::of(wanted.lane, c));
    // What lies behind the edge of one brand waits until all have been looked at up to there.
    if let Some(edge) = &edge {
        cases.retain(|c| Place::of(wanted.lane, c) <= *edge);
    }
    cases.truncate(wanted.limit);
    Ok((cases, edge))
}

pub(super) async fn find(
    tx: &mut Tx,
    brands: &[String],
    wanted: &Wanted,
    filter: &Filter,
) -> Result<Found, StoreError> {
    let (mut counts, mut sorts_only) = ((0, 0, 0), Vec::new());
    let (mut held, mut parked, mut unknown) = (0, 0, 0);
    let (mut offered, mut first) = (0, Vec::new());
    let to_me = Wanted { lane: Lane::Offered, limit: OFFERED_FIRST, ..wanted.clone() };
    let (mut platforms, mut incidents) = (Vec::new(), Vec::new());
    for brand in brands {
        if wanted.lane == Lane::All && !safety::hides(tx, brand).await? {
            sorts_only.push(brand.clone());
        }
        let (open, late, mine) = lanes::counts(tx, brand, &wanted.who, wanted.now, COUNT_MAX).await?;
        held += lanes::held(tx, brand, wanted.now, COUNT_MAX).await?;
        parked += peak::parked(tx, brand, wanted.now, COUNT_MAX).await?;
        offered += offer::count_for(tx, brand, &wanted.who, COUNT_MAX).await?;
        if wanted.lane == Lane::Mine && wanted.after.is_none() && filter.is_plain() {
            first.extend(lanes::page(tx, brand, &to_me).await?);
        }
        unknown += filtered::unknown_count(tx, brand).await?;
        platforms.extend(listed::platforms(tx, brand).await?);
        let open_incidents = incident::open_of(tx, brand).await?;
        incidents.extend(open_incidents.into_iter().map(|(id, number)| (id, number, brand.clone())));
        counts = (counts.0 + open, counts.1 + late, counts.2 + mine);
    }
    let people = person::all(tx).await?;
    let spoken = filtered::spoken_by(tx, &wanted.who).await?;
    let speaks = spoken.is_some();
    let sift = choosing::sift(filter, &people, &wanted.who, spoken);
    let (cases, looked_to) = cases(tx, brands, wanted, filter, &sift).await?;
    first.sort_by_cached_key(|c| Place::of(Lane::Offered, c));
    let shown = || cases.iter().chain(&first);
    let pairs: Vec<(String, String)> =
        shown().map(|c| (c.brand_id.clone(), c.first_mention_id.clone())).collect();
    let messages = console::messages(tx, &pairs).await?;
    let messages = messages.into_iter().map(|m| ((m.brand_id.clone(), m.mention_id.clone()), m)).collect();
    let pairs: Vec<(String, String)> = shown().map(|c| (c.brand_id.clone(), c.id.clone())).collect();
    let ids: Vec<String> = shown().map(|c| c.id.clone()).collect();
    let offers = if offered > 0 { offer::among(tx, &ids, &wanted.who).await? } else { Vec::new() };
    let any_label = label::any(tx, wanted.now).await?;
    Ok(Found {
        messages,
        looked_to,
        platforms,
        incidents,
        speaks,
        unknown,
        saved: saved::of(tx, &wanted.who, SAVED_MAX).await?,
        named: called_in::unseen(tx, &wanted.who, NAMED_MAX).await?,
        names: people.iter().map(|p| (p.id.clone(), p.name.clone())).collect(),
        people,
        counts,
        held,
        parked,
        offered,
        offers: offers.into_iter().map(|o| o.case_id).collect(),
        sorts_only,
        collecting: collecting::among(tx, &ids, wanted.now).await?.into_iter().collect(),
        proposing: ticket::proposing(tx, &pairs).await?.into_iter().collect(),
        labels: if any_label { label::of_cases(tx, &ids, wanted.now).await? } else { Vec::new() },
        protocols: protocol::open_of(tx, &ids).await?.into_iter().map(|p| (p.case_id, p.kind)).collect(),
        any_label,
        kill: is_stopped(tx).await?,
        cases,
        first,
    })
}
