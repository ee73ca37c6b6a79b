//! What is written down beside a case, and to whom it goes.

use super::{
    Act, Asked, CaseworkError, assigning, batch, collecting, complaints, customers, findings, goodwill,
    labels, noting, protocols, sectors, shift,
};
use crate::casefile::CaseFile;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx};

/// What is written down beside a case: its sector, contacts elsewhere, findings, protocols, labels.
pub(super) async fn act(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    match &asked.act {
        Act::Sector { name } => sectors::say(tx, file, asked, name).await,
        Act::Contact { kind, at, text } => sectors::contact(tx, file, asked, (*kind, *at, text)).await,
        Act::RaiseFinding { owner, text } => findings::raise(tx, file, asked, (owner, text)).await,
        Act::AttachFinding { number } => findings::attach(tx, file, asked, *number).await,
        Act::Assign { to, line } => assigning::assign(tx, file, asked, (to, line)).await,
        Act::TakeBack { kind, stood } => {
            Ok(batch::take_back(tx, file, asked, (*kind, stood)).await?.map(|()| Vec::new()))
        }
        Act::Goodwill(wanted) => goodwill::act(tx, file, asked, wanted).await,
        Act::Complaint(wanted) => complaints::act(tx, file, asked, wanted).await,
        Act::Customer(wanted) => customers::act(tx, file, asked, wanted).await,
        Act::Protocol(act) => protocols::act(tx, file, asked, act).await,
        Act::Label(act) => Ok(labels::act(tx, file, asked, act).await?.map(|()| Vec::new())),
        Act::Collect(act) => collecting::act(tx, file, asked, act).await,
        Act::Shift(act) => shift::act(tx, file, asked, *act).await,
        Act::Note { text } => noting::typed(tx, file, asked, text).await,
        _ => Ok(Ok(Vec::new())),
    }
}
