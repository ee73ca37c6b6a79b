//! Which language, and which words for a code.

use super::alerts::{self, AlertTexts};
use super::duty::{self, DutyTexts};
use super::ending::{self, EndingTexts};
use super::extra::Pack;
use super::files::{self, FilesTexts};
use super::office::{self, OfficeTexts};
use super::private::{self, PrivateTexts};
use super::tokens::{self, TokenTexts};
use super::{EN, NL, Texts};

impl Texts {
    /// The language that a browser asks for, also one of those that came as files; English unless another is wanted more.
    pub fn asked(accept_language: &str, more: &[&'static Self]) -> &'static Self {
        let mut best = (&EN, 0.0_f32);
        for part in accept_language.split(',').take(20) {
            let mut fields = part.split(';');
            let tag = fields.next().unwrap_or_default().trim();
            let weight = fields.find_map(|f| f.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            let Some(found) = Self::of_tag(tag, more) else { continue };
            if weight > best.1 {
                best = (found, weight);
            }
        }
        best.0
    }

    /// The words for a tag: those of exactly this one, or else of its language.
    pub fn of_tag(tag: &str, more: &[&'static Self]) -> Option<&'static Self> {
        let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let all = || [&EN, &NL].into_iter().chain(more.iter().copied());
        let exactly = all().find(|t| t.lang.eq_ignore_ascii_case(tag));
        exactly.or_else(|| all().find(|t| language(t.lang) == language(tag)))
    }

    /// A table in the same language.
    pub(super) fn pick<T>(
        &self,
        en: &'static T,
        nl: &'static T,
        of: fn(&'static Pack) -> &'static T,
    ) -> &'static T {
        match self.pack {
            Some(pack) => of(pack),
            None if self.lang == NL.lang => nl,
            None => en,
        }
    }

    /// The words about private channels in the same language.
    pub fn more(&self) -> &'static PrivateTexts {
        self.pick(&private::EN, &private::NL, |p| &p.private)
    }

    /// The words about how a case ended in the same language.
    pub fn ends(&self) -> &'static EndingTexts {
        self.pick(&ending::EN, &ending::NL, |p| &p.ending)
    }

    /// The words about files in the same language.
    pub fn files(&self) -> &'static FilesTexts {
        self.pick(&files::EN, &files::NL, |p| &p.files)
    }

    /// The words about tokens of programs in the same language.
    pub fn programs(&self) -> &'static TokenTexts {
        self.pick(&tokens::EN, &tokens::NL, |p| &p.tokens)
    }

    /// The words about the front office in the same language.
    pub fn office(&self) -> &'static OfficeTexts {
        self.pick(&office::EN, &office::NL, |p| &p.office)
    }

    /// The words about the front door in the same language.
    pub fn doors(&self) -> &'static super::doors::DoorTexts {
        self.pick(&super::doors::EN, &super::doors::NL, |p| &p.doors)
    }

    /// The words about people and the audit in the same language.
    pub fn people(&self) -> &'static super::people::PeopleTexts {
        self.pick(&super::people::EN, &super::people::NL, |p| &p.people)
    }

    /// The words about promises in the same language.
    pub fn promises(&self) -> &'static super::promises::PromiseTexts {
        self.pick(&super::promises::EN, &super::promises::NL, |p| &p.promises)
    }

    /// The words about goodwill and formal complaints in the same language.
    pub fn given(&self) -> &'static super::given::GivenTexts {
        self.pick(&super::given::EN, &super::given::NL, |p| &p.given)
    }

    /// The words about what is collected in the same language.
    pub fn collecting(&self) -> &'static super::collecting::CollectingTexts {
        self.pick(&super::collecting::EN, &super::collecting::NL, |p| &p.collecting)
    }

    /// The words about protocols and labels in the same language.
    pub fn protocols(&self) -> &'static super::protocols::ProtocolTexts {
        self.pick(&super::protocols::EN, &super::protocols::NL, |p| &p.protocols)
    }

    /// The words about alerts in the same language.
    pub fn alerts(&self) -> &'static AlertTexts {
        self.pick(&alerts::EN, &alerts::NL, |p| &p.alerts)
    }

    /// The words about incidents in the same language.
    pub fn incidents(&self) -> &'static super::incidents::IncidentTexts {
        self.pick(&super::incidents::EN, &super::incidents::NL, |p| &p.incidents)
    }

    /// The words about privacy in the same language.
    pub fn privacy(&self) -> &'static super::privacy::PrivacyTexts {
        self.pick(&super::privacy::EN, &super::privacy::NL, |p| &p.privacy)
    }

    /// The words about duty in the same language.
    pub fn duty(&self) -> &'static DutyTexts {
        self.pick(&duty::EN, &duty::NL, |p| &p.duty)
    }

    /// The words about the planner in the same language.
    pub fn planner(&self) -> &'static super::planner::PlannerTexts {
        self.pick(&super::planner::EN, &super::planner::NL, |p| &p.planner)
    }

    /// The words about offers and shifts in the same language.
    pub fn shift(&self) -> &'static super::shift::ShiftTexts {
        self.pick(&super::shift::EN, &super::shift::NL, |p| &p.shift)
    }

    /// The words around reports to leads in the same language.
    pub fn reports(&self) -> &'static super::reports::ReportsTexts {
        self.pick(&super::reports::EN, &super::reports::NL, |p| &p.reports)
    }

    /// The words about surveys and thanks in the same language.
    pub fn voice(&self) -> &'static super::voice::VoiceTexts {
        self.pick(&super::voice::EN, &super::voice::NL, |p| &p.voice)
    }

    /// The words about money, and about what is done by hand.
    pub fn money(&self) -> &'static super::money::MoneyTexts {
        self.pick(&super::money::EN, &super::money::NL, |p| &p.money)
    }

    /// The words about the inbox as a place to work in, in the same language.
    pub fn working(&self) -> &'static super::working::WorkingTexts {
        self.pick(&super::working::EN, &super::working::NL, |p| &p.working)
    }

    /// The words for a code of the domain; one that has none yet is shown with spaces.
    pub fn name(&self, kind: &str, code: &str) -> String {
        let key = format!("{kind}_{code}");
        let words = self.named(&key).or_else(|| self.more().named(&key)).or_else(|| self.ends().named(&key));
        let words = words.or_else(|| self.files().named(&key));
        let words = words.or_else(|| self.programs().named(&key));
        let words = words.or_else(|| self.office().named(&key));
        let words = words.or_else(|| self.promises().named(&key));
        let words = words.or_else(|| self.given().named(&key));
        let words = words.or_else(|| self.duty().named(&key));
        let words = words.or_else(|| self.planner().named(&key));
        let words = words.or_else(|| self.people().named(&key));
        let words = words.or_else(|| self.alerts().named(&key));
        let words = words.or_else(|| self.privacy().named(&key));
        let words = words.or_else(|| self.reports().named(&key));
        let words = words.or_else(|| self.incidents().named(&key));
        let words = words.or_else(|| self.voice().named(&key));
        let words = words.or_else(|| self.protocols().named(&key));
        let words = words.or_else(|| self.collecting().named(&key));
        let words = words.or_else(|| self.money().named(&key));
        let words = words.or_else(|| self.shift().named(&key));
        let words = words.or_else(|| self.named_on_pages(&key));
        let words = words.or_else(|| self.working().named(&key));
        let words = words.or_else(|| self.reason(code).filter(|_| kind == "reason"));
        words.map_or_else(|| code.replace('_', " "), ToOwned::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use crate::domain::case::{CaseEvent, CaseState};
    use crate::domain::delivery::ActionState;
    use crate::domain::ending::{BackDoor, Difference, Solved};
    use crate::domain::file::FileWhy;
    use crate::domain::handover::{Evidence, HandoverEvent, HandoverState};

    #[test]
    fn the_language_is_the_one_wanted_most() {
        let check = |header: &str, lang: &str| assert_eq!(Texts::asked(header, &[]).lang, lang, "{header}");
        check("nl-NL,nl;q=0.9,en;q=0.8", "nl");
        check("en-GB,en;q=0.9,nl;q=0.5", "en");
        check("ja, nl;q=0.2", "nl");
        check("fr", "en");
        check("", "en");
        check(";;;q=q,nl;q=x", "nl");
    }

    #[test]
    fn every_state_and_event_has_words() {
        for state in CaseState::ALL {
            assert!(EN.named(&format!("state_{}", state.code())).is_some(), "{state:?}");
        }
        for event in CaseEvent::ALL {
            let key = format!("event_{}", event.code());
            assert!(EN.named(&key).or_else(|| private::EN.named(&key)).is_some(), "{event:?}");
        }
        for field in crate::domain::correction::Field::ALL {
            assert!(EN.named(&format!("field_{}", field.code())).is_some(), "{field:?}");
        }
        for kind in crate::domain::judgement::PersonalDataKind::ALL {
            for texts in [&EN, &NL] {
                assert!(texts.brands().named(&format!("data_{}", kind.code())).is_some(), "{kind:?}");
            }
        }
        for state in ActionState::ALL {
            assert!(EN.named(&format!("action_{}", state.code())).is_some(), "{state:?}");
        }
        for state in HandoverState::ALL {
            assert!(private::EN.named(&format!("handover_{}", state.code())).is_some(), "{state:?}");
        }
        for event in HandoverEvent::ALL {
            assert!(private::EN.named(&format!("event_{}", event.code())).is_some(), "{event:?}");
        }
        for evidence in Evidence::ALL {
            assert!(private::EN.named(&format!("evidence_{}", evidence.code())).is_some(), "{evidence:?}");
        }
        for solved in Solved::ALL {
            assert!(ending::EN.named(&format!("solved_{}", solved.code())).is_some(), "{solved:?}");
        }
        for reason in BackDoor::ALL {
            assert!(ending::EN.named(&format!("back_door_{}", reason.code())).is_some(), "{reason:?}");
        }
        for reason in Difference::ALL {
            assert!(ending::EN.named(&format!("difference_{}", reason.code())).is_some(), "{reason:?}");
        }
        for why in FileWhy::ALL {
            assert!(files::EN.named(&format!("file_{}", why.code())).is_some(), "{why:?}");
        }
        for kind in crate::domain::protocol::ProtocolKind::ALL {
            assert!(protocols::EN.named(&format!("protocol_{}", kind.code())).is_some(), "{kind:?}");
            assert!(protocols::EN.named(&format!("protocollocks_{}", kind.code())).is_some(), "{kind:?}");
            for step in kind.steps() {
                assert!(protocols::EN.named(&format!("step_{}", step.code)).is_some(), "{step:?}");
            }
        }
        for scope in crate::domain::collecting::Scope::ALL {
            assert!(collecting::EN.named(&format!("collectscope_{}", scope.code())).is_some(), "{scope:?}");
        }
        for label in crate::domain::label::Label::ALL {
            assert!(protocols::EN.named(&format!("label_{}", label.code())).is_some(), "{label:?}");
        }
        assert_eq!(NL.name("handover", "offered"), "aangeboden");
        assert_eq!(NL.name("reason", "same_day_deadline"), "moet vandaag");
        assert_eq!(EN.name("reason", "same_day_deadline"), "same day deadline");
    }
}
