//! What people and programs rely on when a model is pulled.

mod catalogue;
mod converters;
mod hub;
mod hub_trouble;
mod loopback;
mod made_up;
mod mel;
mod pypi;
mod sentences;
