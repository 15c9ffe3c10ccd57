using System.Globalization;
using HostSwap.Orchestrator.Faults;
using HostSwap.Orchestrator.Locking;
using Microsoft.Data.Sqlite;

namespace HostSwap.Orchestrator.Journal;

/// <summary>
/// The fence between two holders of the outer host's lock. Who opens the journal for writing raises its epoch, and every
/// write compares the epoch within its own transaction: a holder that was replaced while it was stopped can record
/// nothing when it wakes up, and so, since intents are recorded before effects, begins nothing.
/// </summary>
public sealed partial class SqliteJournal
{
    private long _epoch;

    /// <summary>Makes this the journal's only writer.</summary>
    private void Claim(OuterHostLock? held)
    {
        var holder = held?.Holder.Describe() ?? string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId}");
        lock (_lock)
        {
            _epoch = Commit_NeedsLock("fence", () =>
            {
                // Looked at within the transaction: one that was replaced before must not fence off who replaced it, and
                // one that is replaced from now on is fenced off by a later claim.
                if (held is { IsHeld: false })
                    throw new FencedException(_file, OuterHostLock.FindHolder(held.Path)?.Words ?? "one that has ended since");
                Run_NeedsLock("UPDATE fence SET epoch = epoch + 1, holder = $holder", ("$holder", holder));
                return Fence_NeedsLock().Epoch;
            });
        }
    }

    /// <summary>Makes one write, where nobody has claimed the journal since.</summary>
    private T Write_NeedsLock<T>(string what, Func<T> write) => Commit_NeedsLock(what, () =>
    {
        var (epoch, holder) = Fence_NeedsLock();
        return epoch == _epoch ? write() : throw new FencedException(_file, holder);
    });

    /// <summary>
    /// Makes one durable transaction. The first that fails poisons the journal: a later one must not succeed, or a record
    /// would be missing in the midst of others, and the caller might go on.
    /// </summary>
    private T Commit_NeedsLock<T>(string what, Func<T> write)
    {
        if (_time is null)
            throw new InvalidOperationException("The journal was opened for reading.");
        if (_failure is FencedException fenced)
            throw new FencedException(_file, fenced.Holder, fenced);
        if (_failure is not null)
            throw new JournalException(_file, $"writing {what}: nothing is written any more after: {_failure.Message}", _failure.Remedy, _failure);
        try
        {
            FaultPoints.Hit(FaultPoints.JournalWrite);
            var written = InTransaction_NeedsLock(write);
            FaultPoints.Hit(FaultPoints.JournalWritten);
            return written;
        }
        catch (SqliteException exception)
        {
            var translated = JournalFaults.Translate(_file, $"writing {what}", exception);
            _failure = translated as JournalException;
            throw translated;
        }
        catch (JournalException exception)
        {
            _failure = exception;
            throw;
        }
    }

    private T InTransaction_NeedsLock<T>(Func<T> write)
    {
        // Immediate: what is read of the fence must hold until the commit.
        using var transaction = _connection.BeginTransaction(deferred: false);
        var written = write();
        transaction.Commit();
        return written;
    }

    private (long Epoch, string Holder) Fence_NeedsLock()
    {
        using var command = Command_NeedsLock("SELECT epoch, holder FROM fence");
        using var row = command.ExecuteReader();
        return row.Read() ? (row.GetInt64(0), row.GetString(1)) : throw JournalFaults.Unreadable(_file, "its fence is missing");
    }
}
