//! The real binary as a member of the fake workspace: right answers, in the right places, exactly once.

mod breaking;
mod listening;
mod office;
mod setting_up;
mod speaking;
