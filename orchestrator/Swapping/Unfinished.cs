using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>What runners say before they begin anything.</summary>
internal static class Unfinished
{
    /// <summary>Refuses to begin while an earlier operation is unfinished.</summary>
    /// <exception cref="UnfinishedException">One is.</exception>
    public static void ThrowIfAny(IJournal journal)
    {
        if (journal.UnfinishedOperations() is [var newest, ..])
            throw new UnfinishedException(newest.Id, $"{newest.Kind.ToString().ToLowerInvariant()} {newest.Summary}");
    }

    /// <summary>The result of an operation that was not begun, since everything is as it should be.</summary>
    public static SwapResult NothingToDo(OuterHostParts parts, ISwapObserver observer, string summary)
    {
        var result = new SwapResult(
            Operation: null,
            OperationResult.NothingToDo,
            summary,
            parts.Generations.FindActive()?.Number ?? 0,
            TimeSpan.Zero,
            Plan: null,
            Moves: [],
            Problems: []);
        observer.OnEvent(new SwapFinished(parts.Time.GetUtcNow(), result));
        return result;
    }
}
