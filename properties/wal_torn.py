"""Properties of a log whose last record may be torn."""

from __future__ import annotations

from verifier.encodings.wal_torn import State, wal_torn
from verifier.kernel import Bool, exists_upto, forall_in, forall_upto, implies, violated

wal_torn.type_ok(variables=["log", "synced", "next_entry", "written", "acknowledged", "streamed", "recovered"])


@wal_torn.action_property(expected={"early-ack": violated(4)})
def AckKept(s: State, after: State) -> Bool:
    """A recovery finds every acknowledged entry, in the log or in the object store."""
    return implies(s.crashed & ~after.crashed, s.acknowledged <= after.recovered | s.streamed)


@wal_torn.invariant()
def RecoveredAppended(s: State) -> Bool:
    """A recovery finds nothing that was not appended as a whole."""
    return s.recovered <= s.written


@wal_torn.action_property(expected={"skips": violated(7)})
def RecoveredPrefix(s: State, after: State) -> Bool:
    """A recovery reads the beginning of the log, without a gap."""
    read = after.recovered
    return implies(s.crashed & ~after.crashed, forall_upto(s.log.length(), lambda j: forall_upto(j, lambda i: implies(
        read.contains(s.log.at(j).entry), read.contains(s.log.at(i).entry)
    ))))  # fmt: skip


@wal_torn.lemma("a sync comes after what it makes durable was written")
def SyncedIsWhole(s: State) -> Bool:
    return (s.synced <= s.log.length()) & forall_upto(s.synced, lambda i: s.log.at(i).whole)


@wal_torn.lemma("acknowledged entries were synced, and stay in the log until they are streamed")
def AcknowledgedIsSynced(s: State) -> Bool:
    return forall_in(s.acknowledged, lambda e: (
        s.streamed.contains(e) | exists_upto(s.synced, lambda i: s.log.at(i).whole & (s.log.at(i).entry == e))
    ))  # fmt: skip


@wal_torn.lemma("a record is whole once it was written")
def WholeIsWritten(s: State) -> Bool:
    return forall_upto(s.log.length(), lambda i: implies(s.log.at(i).whole, s.written.contains(s.log.at(i).entry)))


@wal_torn.lemma("the record that is being written is the last one, and is not whole")
def WritingIsLast(s: State) -> Bool:
    return implies(s.writing, ~s.crashed & (s.log.length() > 0) & ~s.log.last().whole)


@wal_torn.lemma("entries are numbered in the order of the log")
def LogIncreases(s: State) -> Bool:
    return forall_upto(s.log.length(), lambda j: (s.log.at(j).entry < s.next_entry) & forall_upto(
        j - 1, lambda i: s.log.at(i).entry < s.log.at(j).entry
    ))  # fmt: skip


@wal_torn.lemma("after the last sync only the record being written is not whole")
def NewIsWhole(s: State) -> Bool:
    return implies(~s.crashed, forall_upto(s.log.length(), lambda i: (
        (i <= s.synced) | s.log.at(i).whole | (s.writing & (i == s.log.length()))
    )))  # fmt: skip
