using System.CommandLine;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Fleet;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl swap</c>.</summary>
internal sealed class SwapCommand : MoverVerb
{
    private readonly Option<string?> _image = GlobalOptions.MakeImage("The new image [default: the configured one]");

    private readonly Option<bool> _force = new("--force") { Description = "Swap even to the image that is active already" };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only plan, as 'hostctl plan' does" };

    /// <summary>Adds the verb to the grammar.</summary>
    public SwapCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "swap", "Starts a host container from the new image, moves every VM into it live, and retires the old one.")
    {
        Add(_image);
        Add(_force);
        Add(_dryRun);
    }

    /// <inheritdoc/>
    protected override string What => "a swap";

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation) => invocation.Parsed.GetValue(_dryRun)
        ? PlanCommand.PlanAsync(invocation, (host, observer) => host.PlanAsync(invocation.Parsed.GetValue(_image), observer, invocation.Token))
        : base.ExecuteAsync(invocation);

    /// <inheritdoc/>
    protected override async Task<SwapResult> MoveAsync(
        IOuterHost host, Invocation invocation, FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer)
    {
        var request = new SwapRequest(invocation.Parsed.GetValue(_image), invocation.Parsed.GetValue(_force), onFailure);
        // Neither resume nor rollback has to wait for others: they end what this one has begun.
        var slot = await FleetLocks.Open(invocation.Settings, invocation.Services.Time).AcquireAsync(invocation.Token);
        try
        {
            using var either = slot.Lost.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(invocation.Token, slot.Lost) : null;
            var result = await host.SwapAsync(request, approval, observer, either?.Token ?? invocation.Token);
            if (slot.Lost.IsCancellationRequested)
                invocation.Warn($"the {slot.Description} could not be kept, so that no further move was begun");
            return result;
        }
        finally
        {
            await slot.DisposeAsync();
            if (slot.NotReleased is { } why)
                invocation.Warn(why);
        }
    }
}
