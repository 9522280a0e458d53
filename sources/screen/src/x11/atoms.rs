//! Atoms: the numbers that the server has for the names of properties and states.

x11rb::atom_manager! {
    /// The numbers of the names that are looked for.
    pub(super) Atoms:
    /// Their numbers, on the way.
    AtomsCookie {
        COMPOUND_TEXT,
        WM_CLIENT_LEADER,
        WM_STATE,
        _NET_CLIENT_LIST_STACKING,
        _NET_WM_NAME,
        _NET_WM_STATE,
        _NET_WM_STATE_HIDDEN,
    }
}
