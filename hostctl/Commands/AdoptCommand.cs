using System.CommandLine;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl adopt</c>.</summary>
internal sealed class AdoptCommand : MoverVerb
{
    private readonly Option<string?> _image = GlobalOptions.MakeImage("The image of the generation that is made [default: the configured one]");

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only show what would be done, and what forbids it" };

    private readonly Option<bool> _back = new("--back") { Description = "Put every VM back into the outer host's own libvirt, as long as that is kept" };

    /// <summary>Adds the verb to the grammar.</summary>
    public AdoptCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "adopt", "Takes an ordinary libvirt server over: moves what the outer host's own libvirt has into a generation, running VMs live.")
    {
        Add(_image);
        Add(_dryRun);
        Add(_back);
        Validators.Add(result =>
        {
            if (result.GetValue(_back) && result.GetValue(_image) is not null) result.AddError("--back goes to the outer host itself, which has no image; --image cannot be given with it.");
            if (result.GetValue(_back) && result.GetValue(_dryRun)) result.AddError("'hostctl plan --rollback' shows the way back; --dry-run cannot be given with --back.");
        });
    }

    /// <inheritdoc/>
    protected override string What => "an adoption";

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation) => invocation.Parsed.GetValue(_dryRun)
        ? PlanCommand.PlanAsync(invocation, (host, observer) => host.PlanAdoptionAsync(invocation.Parsed.GetValue(_image), observer, invocation.Token))
        : base.ExecuteAsync(invocation);

    /// <inheritdoc/>
    protected override Task<SwapResult> MoveAsync(
        IOuterHost host, Invocation invocation, FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer) => invocation.Parsed.GetValue(_back)
        ? host.ReturnToOuterHostAsync(onFailure, approval, observer, invocation.Token)
        : host.AdoptAsync(new SwapRequest(invocation.Parsed.GetValue(_image), Force: true, onFailure), approval, observer, invocation.Token);
}
