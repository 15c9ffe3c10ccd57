using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Logging;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Notifying;
using Serilog.Events;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl notify deliver</c>: what a timer calls.</summary>
internal sealed class NotifyDeliverCommand : Verb
{
    /// <summary>Adds the verb to the grammar.</summary>
    public NotifyDeliverCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "deliver", "Delivers the notices that are due. A timer does it.") => Add(options.Format);

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var delivery = await invocation.OpenHost().DeliverNoticesAsync(invocation.Token);
        Log(invocation, delivery.Attempts);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, NoticeAttemptsDocument.From(delivery.Attempts), json => json.NoticeAttemptsDocument);
        else if (delivery.Attempts is [])
            invocation.Out.Line(delivery.Busy ? "Another hostctl is delivering notices." : "No notice is due.");
        else
            NoticeText.Write(invocation.Out, delivery.Attempts, invocation.Zone);
        if (delivery.Busy)
            return (int)ExitCode.Locked;
        if (delivery.Attempts is [])
            return (int)ExitCode.NothingToDo;
        return (int)(delivery.Attempts.All(static attempt => attempt.Outcome == NoticeOutcome.Delivered) ? ExitCode.Done : ExitCode.Environment);
    }

    /// <summary>Writes to the log what became of notices; standard output has it already.</summary>
    internal static void Log(Invocation invocation, IReadOnlyList<NoticeAttempt> attempts)
    {
        foreach (var attempt in attempts)
        {
            var level = attempt.Outcome switch
            {
                NoticeOutcome.Delivered => LogEventLevel.Information,
                NoticeOutcome.Failed => LogEventLevel.Warning,
                _ => LogEventLevel.Error,
            };
            invocation.Log?.Logger.ForContext(HostctlLog.Told, true).Write(
                level, "Notice {NoticeId} to {Target} is {NoticeOutcome}: {Answer}", attempt.NoticeId, attempt.Target, Words.Of(attempt.Outcome), attempt.Answer);
        }
    }
}
