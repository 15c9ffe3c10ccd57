using System.CommandLine;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl resume</c>.</summary>
internal sealed class ResumeCommand : MoverVerb
{
    private readonly Option<bool> _rollback = new("--rollback") { Description = "Return every VM to the old side" };

    private readonly Option<bool> _forward = new("--forward") { Description = "Go on to the new side, even if it was on its way back" };

    private readonly Option<bool> _takeOver = new("--take-over")
    {
        Description = "Take the place of a hostctl that lives and does not go on, such as a stopped one",
    };

    /// <summary>Adds the verb to the grammar.</summary>
    public ResumeCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "resume", "Puts right what an interruption has left: looks where every VM is, and goes on, or returns everything.")
    {
        Add(_rollback);
        Add(_forward);
        Add(_takeOver);
        Validators.Add(result =>
        {
            if (result.GetValue(_rollback) && result.GetValue(_forward)) result.AddError("--rollback and --forward exclude each other.");
        });
    }

    /// <inheritdoc/>
    protected override string What => "a resumption";

    /// <inheritdoc/>
    protected override Task<SwapResult> MoveAsync(
        IOuterHost host, Invocation invocation, FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer)
    {
        SwapCourse? course = invocation.Parsed.GetValue(_rollback)
            ? SwapCourse.Back
            : invocation.Parsed.GetValue(_forward) ? SwapCourse.Forward : null;
        var request = new ResumeRequest(course, onFailure, invocation.Parsed.GetValue(_takeOver));
        return host.ResumeAsync(request, approval, observer, invocation.Token);
    }
}
