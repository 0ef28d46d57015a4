//! The real binary as a member of the fake workspace: right answers, in the right places, exactly once.

mod absence;
mod breaking;
mod changes;
mod company;
mod files;
mod listening;
mod office;
mod setting_up;
mod speaking;
mod speed;
