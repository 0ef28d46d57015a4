//! The real binary as a member of the fake workspace: right answers, in the right places, exactly once.

mod absence;
mod acting;
mod breaking;
mod changes;
mod commanding;
mod company;
mod correcting;
mod deciding;
mod files;
mod homes;
mod listening;
pub mod office;
mod setting_up;
mod speaking;
mod speed;
