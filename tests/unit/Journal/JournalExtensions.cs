using HostSwap.Orchestrator.Journal;

namespace HostSwap.UnitTests.Journal;

/// <summary>Questions that tests ask a journal.</summary>
internal static class JournalExtensions
{
    /// <summary>The newest operation that is unfinished; null where none is.</summary>
    public static Operation? FindUnfinished(this IJournal journal) => journal.UnfinishedOperations() is [var newest, ..] ? newest : null;
}
