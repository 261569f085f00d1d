//! Plans and applies of a pool over a cloud that lives in memory.
