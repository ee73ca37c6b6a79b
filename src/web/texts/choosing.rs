//! Which language, and which words for a code.

use super::alerts::{self, AlertTexts};
use super::duty::{self, DutyTexts};
use super::ending::{self, EndingTexts};
use super::files::{self, FilesTexts};
use super::office::{self, OfficeTexts};
use super::private::{self, PrivateTexts};
use super::tokens::{self, TokenTexts};
use super::{EN, NL, Texts};
use crate::dutch;

impl Texts {
    /// The language that a browser asks for; English unless Dutch is wanted more.
    pub fn asked(accept_language: &str) -> &'static Self {
        let mut best = (&EN, 0.0_f32);
        for part in accept_language.split(',').take(20) {
            let mut fields = part.split(';');
            let tag = fields.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = fields.find_map(|f| f.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            let found = match tag.split('-').next() {
                Some("nl") => &NL,
                Some("en") => &EN,
                _ => continue,
            };
            if weight > best.1 {
                best = (found, weight);
            }
        }
        best.0
    }

    /// The words about private channels in the same language.
    pub fn more(&self) -> &'static PrivateTexts {
        if self.lang == NL.lang { &private::NL } else { &private::EN }
    }

    /// The words about how a case ended in the same language.
    pub fn ends(&self) -> &'static EndingTexts {
        if self.lang == NL.lang { &ending::NL } else { &ending::EN }
    }

    /// The words about files in the same language.
    pub fn files(&self) -> &'static FilesTexts {
        if self.lang == NL.lang { &files::NL } else { &files::EN }
    }

    /// The words about tokens of programs in the same language.
    pub fn programs(&self) -> &'static TokenTexts {
        if self.lang == NL.lang { &tokens::NL } else { &tokens::EN }
    }

    /// The words about the front office in the same language.
    pub fn office(&self) -> &'static OfficeTexts {
        if self.lang == NL.lang { &office::NL } else { &office::EN }
    }

    /// The words about the front door in the same language.
    pub fn doors(&self) -> &'static super::doors::DoorTexts {
        if self.lang == NL.lang { &super::doors::NL } else { &super::doors::EN }
    }

    /// The words about people and the audit in the same language.
    pub fn people(&self) -> &'static super::people::PeopleTexts {
        if self.lang == NL.lang { &super::people::NL } else { &super::people::EN }
    }

    /// The words about promises in the same language.
    pub fn promises(&self) -> &'static super::promises::PromiseTexts {
        if self.lang == NL.lang { &super::promises::NL } else { &super::promises::EN }
    }

    /// The words about goodwill and formal complaints in the same language.
    pub fn given(&self) -> &'static super::given::GivenTexts {
        if self.lang == NL.lang { &super::given::NL } else { &super::given::EN }
    }

    /// The words about what is collected in the same language.
    pub fn collecting(&self) -> &'static super::collecting::CollectingTexts {
        if self.lang == NL.lang { &super::collecting::NL } else { &super::collecting::EN }
    }

    /// The words about protocols and labels in the same language.
    pub fn protocols(&self) -> &'static super::protocols::ProtocolTexts {
        if self.lang == NL.lang { &super::protocols::NL } else { &super::protocols::EN }
    }

    /// The words about alerts in the same language.
    pub fn alerts(&self) -> &'static AlertTexts {
        if self.lang == NL.lang { &alerts::NL } else { &alerts::EN }
    }

    /// The words about incidents in the same language.
    pub fn incidents(&self) -> &'static super::incidents::IncidentTexts {
        if self.lang == NL.lang { &super::incidents::NL } else { &super::incidents::EN }
    }

    /// The words about privacy in the same language.
    pub fn privacy(&self) -> &'static super::privacy::PrivacyTexts {
        if self.lang == NL.lang { &super::privacy::NL } else { &super::privacy::EN }
    }

    /// The words about duty in the same language.
    pub fn duty(&self) -> &'static DutyTexts {
        if self.lang == NL.lang { &duty::NL } else { &duty::EN }
    }

    /// The words about the planner in the same language.
    pub fn planner(&self) -> &'static super::planner::PlannerTexts {
        if self.lang == NL.lang { &super::planner::NL } else { &super::planner::EN }
    }

    /// The words about offers and shifts in the same language.
    pub fn shift(&self) -> &'static super::shift::ShiftTexts {
        if self.lang == NL.lang { &super::shift::NL } else { &super::shift::EN }
    }

    /// The words around reports to leads in the same language.
    pub fn reports(&self) -> &'static super::reports::ReportsTexts {
        if self.lang == NL.lang { &super::reports::NL } else { &super::reports::EN }
    }

    /// The words about surveys and thanks in the same language.
    pub fn voice(&self) -> &'static super::voice::VoiceTexts {
        if self.lang == NL.lang { &super::voice::NL } else { &super::voice::EN }
    }

    /// The words about money, and about what is done by hand.
    pub fn money(&self) -> &'static super::money::MoneyTexts {
        if self.lang == NL.lang { &super::money::NL } else { &super::money::EN }
    }

    /// The words about the inbox as a place to work in, in the same language.
    pub fn working(&self) -> &'static super::working::WorkingTexts {
        if self.lang == NL.lang { &super::working::NL } else { &super::working::EN }
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
        let dutch = || (kind == "reason" && self.lang == NL.lang).then(|| dutch::reason(code)).flatten();
        let words = words.or_else(dutch);
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
        let check = |header: &str, lang: &str| assert_eq!(Texts::asked(header).lang, lang, "{header}");
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
