using System.Runtime.InteropServices;
using System.Text;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Refreshing;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Systemd;

/// <summary>
/// What monitoring looks for in systemd's journal: messages with ids that never change (systemd.journal-fields(7)), whose fields
/// say the rest. <c>journalctl MESSAGE_ID=…</c> finds them; the man page lists them.
/// </summary>
internal static class MessageIds
{
    /// <summary>A swap, resumption or rollback began.</summary>
    public const string MoverBegun = "5f8d0b3c6f6e4f0e9d1f7a2b4c8e1a01";

    /// <summary>It is done.</summary>
    public const string MoverDone = "5f8d0b3c6f6e4f0e9d1f7a2b4c8e1a02";

    /// <summary>It has ended otherwise.</summary>
    public const string MoverFailed = "5f8d0b3c6f6e4f0e9d1f7a2b4c8e1a03";

    /// <summary>A person is needed: a VM's owner is unclear, or a VM was lost.</summary>
    public const string PersonNeeded = "5f8d0b3c6f6e4f0e9d1f7a2b4c8e1a04";

    /// <summary>A refresh is done, or had nothing to do.</summary>
    public const string RefreshDone = "5f8d0b3c6f6e4f0e9d1f7a2b4c8e1a11";

    /// <summary>A refresh was vetoed, put off or stopped in order.</summary>
    public const string RefreshWaits = "5f8d0b3c6f6e4f0e9d1f7a2b4c8e1a12";

    /// <summary>A refresh has failed.</summary>
    public const string RefreshFailed = "5f8d0b3c6f6e4f0e9d1f7a2b4c8e1a13";

    /// <summary>All of them, with what each means.</summary>
    public static IReadOnlyList<(string Id, string Meaning)> All { get; } =
    [
        (MoverBegun, "a swap, resumption or rollback began"),
        (MoverDone, "it is done"),
        (MoverFailed, "it has ended otherwise"),
        (PersonNeeded, "a person is needed"),
        (RefreshDone, "a refresh is done, or had nothing to do"),
        (RefreshWaits, "a refresh was vetoed, put off, or stopped in order"),
        (RefreshFailed, "a refresh has failed"),
    ];
}

/// <summary>systemd's journal.</summary>
internal interface ISystemJournal
{
    /// <summary>Writes a message with its fields; where there is no journal, nothing.</summary>
    void Send(IReadOnlyList<(string Field, string Value)> fields);
}

/// <summary>systemd's journal by <c>sd_journal_sendv</c>(3).</summary>
internal sealed unsafe partial class SystemJournal : ISystemJournal
{
    /// <inheritdoc/>
    public void Send(IReadOnlyList<(string Field, string Value)> fields)
    {
        var texts = fields.Select(static field => Encoding.UTF8.GetBytes($"{field.Field}={field.Value}")).ToList();
        var handles = texts.Select(static text => GCHandle.Alloc(text, GCHandleType.Pinned)).ToList();
        try
        {
            var vector = handles.Select((handle, at) => new Part { Start = handle.AddrOfPinnedObject(), Length = texts[at].Length }).ToArray();
            // It returns 0 where there is no journal; that one could not be written to hinders nobody, since hostctl's own log has it too.
            fixed (Part* parts = vector) _ = Send(parts, vector.Length);
        }
        finally
        {
            foreach (var handle in handles) handle.Free();
        }
    }

    [LibraryImport("libsystemd.so.0", EntryPoint = "sd_journal_sendv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Send(Part* parts, int count);

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Part
    {
        public nint Start;
        public nint Length;
    }
}

/// <summary>Tells systemd's journal of swaps and refreshes.</summary>
internal sealed class JournalObserver(ISystemJournal journal) : ISwapObserver
{
    private const string Error = "3";
    private const string Warning = "4";
    private const string Notice = "5";

    /// <inheritdoc/>
    public void OnEvent(SwapEvent swapEvent)
    {
        switch (swapEvent)
        {
            case SwapStarted e:
                Send(MessageIds.MoverBegun, Notice, $"{Words.Of(e.Kind)} {e.Operation} to {e.Image} began", ("HOSTSWAP_OPERATION", $"{e.Operation}"), ("HOSTSWAP_IMAGE", e.Image));
                break;
            case SwapFinished { Result: { Operation: { } operation } result }:
                var (id, priority) = result.Result switch
                {
                    OperationResult.Done => (MessageIds.MoverDone, Notice),
                    OperationResult.NeedsPerson => (MessageIds.PersonNeeded, Error),
                    _ => (MessageIds.MoverFailed, Error),
                };
                Send(id, priority, $"operation {operation} ended as {Words.Of(result.Result)}: {result.Summary}", ("HOSTSWAP_OPERATION", $"{operation}"), ("HOSTSWAP_RESULT", Words.Of(result.Result)));
                break;
        }
    }

    /// <summary>A refresh has ended.</summary>
    public void OnRefresh(RefreshRecord record)
    {
        var (id, priority) = record.Outcome switch
        {
            RefreshOutcome.Done or RefreshOutcome.Nothing or RefreshOutcome.Ended => (MessageIds.RefreshDone, Notice),
            RefreshOutcome.Vetoed or RefreshOutcome.Deferred or RefreshOutcome.Stopped => (MessageIds.RefreshWaits, Warning),
            _ => (MessageIds.RefreshFailed, Error),
        };
        Send(
            id,
            priority,
            $"refresh {record.Id} is {RefreshText.InWords(record.Outcome)}: {record.Summary}",
            ("HOSTSWAP_REFRESH", $"{record.Id}"),
            ("HOSTSWAP_RESULT", Words.Of(record.Outcome)),
            ("HOSTSWAP_OPERATION", $"{record.Operation}"));
    }

    private void Send(string id, string priority, string message, params (string Field, string Value)[] fields) =>
        journal.Send([("MESSAGE", SafeText.Sentence(message)), ("MESSAGE_ID", id), ("PRIORITY", priority), ("SYSLOG_IDENTIFIER", "hostctl"), .. fields]);
}
