namespace HostSwap.Orchestrator.Journal;

public sealed partial class SqliteJournal
{
    /// <summary>
    /// How many operations are kept: the newest, and however many there are since the oldest that has still to be
    /// continued. Years of swaps, at some kilobytes each.
    /// </summary>
    public const int KeptOperations = 1000;

    /// <summary>What is kept of this journal; a test needs fewer.</summary>
    internal int Kept { get; set; } = KeptOperations;

    /// <summary>
    /// Forgets what is older than what is kept, within the transaction that closes an operation. The file is not made
    /// smaller: later records go where forgotten ones were, so that it stays as large as it has once been.
    /// </summary>
    private void Prune_NeedsLock()
    {
        using var command = Command_NeedsLock(
            """
            SELECT min(
                coalesce((SELECT id FROM operations ORDER BY id DESC LIMIT 1 OFFSET $kept - 1), 0),
                coalesce((SELECT min(id) FROM operations WHERE unfinished = 1), 9223372036854775807))
            """,
            ("$kept", (long)Kept));
        var oldest = (long)command.ExecuteScalar()!;
        Run_NeedsLock("DELETE FROM entries WHERE operation < $oldest", ("$oldest", oldest));
        Run_NeedsLock("DELETE FROM moves WHERE operation < $oldest", ("$oldest", oldest));
        Run_NeedsLock("DELETE FROM canaries WHERE operation < $oldest", ("$oldest", oldest));
        Run_NeedsLock("DELETE FROM operations WHERE id < $oldest", ("$oldest", oldest));
    }
}
