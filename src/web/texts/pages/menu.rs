//! The names of the menus in the bar.

use super::super::texts;

texts! { MenuTexts;
    work: "Work", "Werk";
    figures: "Figures", "Cijfers";
    set_up: "Set-up", "Inrichting";
}
