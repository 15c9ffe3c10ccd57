using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>What is told of refreshes.</summary>
public static class RefreshNotices
{
    /// <summary>The notice of one that has ended; null where there is nothing to tell.</summary>
    /// <param name="record">It.</param>
    /// <param name="before">The one before it; null where there was none.</param>
    public static Notice? Of(RefreshRecord record, RefreshRecord? before)
    {
        // Whoever looks, builds or plans by hand sees what comes of it.
        if (!record.Scheduled && record.Operation is null)
            return null;
        if (KindOf(record.Outcome) is not { } kind || (kind != NoticeKind.Success && IsSame(record, before)))
            return null;
        List<string> text = [record.Summary, "", .. record.Stages.Select(static stage => $"{stage.Stage}: {stage.Observed}")];
        if (record.Warnings.Count > 0)
            text.AddRange(["", "Warnings:", .. record.Warnings]);
        return Notice.Make(kind, record.FinishedAt ?? record.StartedAt, $"{InWords(record.Outcome)}: {record.Summary}", text, record.Operation, record.Report);
    }

    /// <summary>While its window is open, one that is refused is tried every few minutes; the same answer is told once.</summary>
    private static bool IsSame(RefreshRecord record, RefreshRecord? before) =>
        before is not null && before.Outcome == record.Outcome && Equals(before.Window, record.Window) && string.Equals(before.Summary, record.Summary, StringComparison.Ordinal);

    private static NoticeKind? KindOf(RefreshOutcome outcome) => outcome switch
    {
        RefreshOutcome.Running or RefreshOutcome.Nothing or RefreshOutcome.Ended => null,
        RefreshOutcome.Done => NoticeKind.Success,
        RefreshOutcome.Vetoed or RefreshOutcome.Deferred => NoticeKind.Veto,
        _ => NoticeKind.Failure,
    };

    private static string InWords(RefreshOutcome outcome) => outcome switch
    {
        RefreshOutcome.Done => "refreshed",
        RefreshOutcome.Vetoed => "refresh vetoed",
        RefreshOutcome.Deferred => "refresh put off",
        RefreshOutcome.Refused => "refresh refused by its plan",
        RefreshOutcome.Stopped => "refresh stopped in order",
        RefreshOutcome.RolledBack => "refresh rolled back",
        RefreshOutcome.SoakFailed => "refreshed, and something is wrong",
        RefreshOutcome.NeedsPerson => "refresh needs a person",
        _ => "refresh failed",
    };
}
