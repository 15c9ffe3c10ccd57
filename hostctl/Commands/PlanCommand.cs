using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Logging;
using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Watching;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl plan</c>.</summary>
internal sealed class PlanCommand : Verb
{
    private readonly Option<string?> _image = GlobalOptions.MakeImage("The new image [default: the configured one]");

    /// <summary>Adds the verb to the grammar.</summary>
    public PlanCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "plan", "Starts a candidate, shows what a swap to it would do and what forbids it, and removes it again.")
    {
        Add(_image);
        Add(options.Format);
    }

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation) =>
        PlanAsync(invocation, invocation.Parsed.GetValue(_image));

    /// <summary>Plans and shows the plan; <c>swap --dry-run</c> is this too.</summary>
    public static async Task<int> PlanAsync(Invocation invocation, string? image)
    {
        var host = invocation.OpenHost();
        List<Orchestrator.Swapping.ISwapObserver> observers = [new LoggingObserver(invocation.Log!.Logger)];

        // A candidate takes seconds to start, so that somebody who watches is told what is waited for.
        if (invocation.Services.Terminal.Error)
            observers.Add(new PlainPresenter(invocation.Services.Error, invocation.Services.Error, invocation.Services.Time));
        await using var observer = new QueuedObserver(observers);
        var plan = await host.PlanAsync(image, observer, invocation.Token);
        await observer.FlushAsync(invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, PlanDocument.From(plan), json => json.PlanDocument);
        else
            PlanText.Write(invocation.Out, plan);
        return (int)(plan.Blockers.Count == 0 ? ExitCode.Done : ExitCode.RefusedByPlan);
    }
}
