using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Logging;
using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Watching;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl plan</c>.</summary>
internal sealed class PlanCommand : Verb
{
    private readonly Option<string?> _image = GlobalOptions.MakeImage("The new image [default: the configured one]");

    private readonly Option<bool> _rollback = new("--rollback") { Description = "Plan the way back instead: to the previous generation" };

    private readonly Option<bool> _quick = new("--quick") { Description = "Start nothing: plan from what a candidate of the image has said before" };

    /// <summary>Adds the verb to the grammar.</summary>
    public PlanCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "plan", "Starts a candidate, shows what a swap to it would do and what forbids it, and removes it again.")
    {
        Add(_image);
        Add(_rollback);
        Add(_quick);
        Add(options.WaitJobs);
        Add(options.Format);
        Validators.Add(result =>
        {
            if (result.GetValue(_rollback) && result.GetValue(_image) is not null) result.AddError("--rollback goes to the previous generation's image; --image cannot be given with it.");
            if (result.GetValue(_rollback) && result.GetValue(_quick)) result.AddError("--rollback asks the previous generation itself; --quick cannot be given with it.");
        });
    }

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation) => PlanAsync(
        invocation,
        (host, observer) => (invocation.Parsed.GetValue(_rollback), invocation.Parsed.GetValue(_quick)) switch
        {
            (true, _) => host.PlanRollbackAsync(observer, invocation.Token),
            (_, true) => host.PlanQuickAsync(invocation.Parsed.GetValue(_image), invocation.Token),
            _ => host.PlanAsync(invocation.Parsed.GetValue(_image), observer, invocation.Token),
        });

    /// <summary>Plans and shows the plan; <c>swap --dry-run</c> is this too.</summary>
    public static async Task<int> PlanAsync(Invocation invocation, Func<IOuterHost, ISwapObserver, Task<SwapPlan>> make)
    {
        var host = invocation.OpenHost();
        List<ISwapObserver> observers = [new LoggingObserver(invocation.Log!.Logger)];

        // A candidate takes seconds to start, so that somebody who watches is told what is waited for.
        if (invocation.Services.Terminal.Error)
            observers.Add(new PlainPresenter(invocation.Services.Error, invocation.Services.Error, invocation.Services.Time));
        await using var observer = new QueuedObserver(observers);
        var plan = await make(host, observer);
        await observer.FlushAsync(invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, PlanDocument.From(plan), json => json.PlanDocument);
        else
            PlanText.Write(invocation.Out, plan);
        return (int)(plan.Blockers.Count == 0 ? ExitCode.Done : ExitCode.RefusedByPlan);
    }
}
