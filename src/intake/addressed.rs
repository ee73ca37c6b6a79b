//! Whom our posts answer, where that is known only once what they answer came in.

use super::places::{Place, is_own, key};
use super::plan::Planner;
use super::read::Item;
use crate::store::intake::Key;
use std::collections::HashMap;

impl Planner<'_> {
    /// Our earlier posts may answer a post that only now came in, or one of ours whose addressee is
    /// only now known: whom they addressed is known now.
    pub(super) fn learn_whom_we_answered(&mut self, items: &[Item], places: &[Option<Place>]) {
        if self.known.own_in.is_empty() && self.own_new.is_empty() {
            return;
        }
        let of_batch = items.iter().zip(places).filter_map(|(item, place)| {
            let read = item.read.as_ref().ok().filter(|r| !is_own(r))?;
            Some((key(&read.post, &read.post.external_id), place.as_ref()?.case_author().to_owned()))
        });
        let mut addressed: HashMap<Key, String> = of_batch.collect();
        let mut learned: Vec<(String, String, String)> = Vec::new();
        loop {
            let before = addressed.len();
            for own in self.known.own_in.iter_mut().chain(&mut self.own_new) {
                let key_of = |id: &str| (id.to_owned(), own.platform.clone(), own.authority.clone());
                if let Some(author) = &own.answers_author_id {
                    addressed.insert(key_of(&own.external_id), author.clone());
                    continue;
                }
                let parent = own.in_reply_to.as_deref().map(key_of);
                let Some(author) = parent.and_then(|p| addressed.get(&p)).cloned() else { continue };
                addressed.insert(key_of(&own.external_id), author.clone());
                self.changes.answers.push((own.id.clone(), author.clone()));
                learned.push((own.brand_id.clone(), own.conversation_id.clone(), author.clone()));
                own.answers_author_id = Some(author);
            }
            if addressed.len() == before {
                break;
            }
        }
        for (brand_id, conversation, author) in learned {
            if let Some(brand) = self.catalogue.brands.iter().position(|w| w.id == brand_id) {
                self.group(brand, &conversation, &author).answered = true;
            }
        }
    }
}
