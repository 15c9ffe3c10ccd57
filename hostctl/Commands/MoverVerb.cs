using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Logging;
using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Systemd;
using HostSwap.Hostctl.Watching;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Commands;

/// <summary>What the verbs that move VMs have in common: they ask first, are watched while they go on, and say how it ended.</summary>
internal abstract class MoverVerb : Verb
{
    private readonly Option<bool> _yes = new("--yes") { Description = "Do not ask; needed where there is no terminal" };

    private readonly Option<FailurePolicy> _onFailure = new("--on-failure")
    {
        Description = "When a VM cannot be moved: stop there, roll back, or continue with the others",
        HelpName = "stop|rollback|continue",
        DefaultValueFactory = _ => FailurePolicy.Stop,
    };

    /// <summary>Adds the verb to the grammar.</summary>
    protected MoverVerb(HostctlServices services, GlobalOptions options, string name, string description)
        : base(services, options, name, description)
    {
        Add(_yes);
        Add(_onFailure);
        Add(options.WaitJobs);
        Add(options.Format);
        _onFailure.CompletionSources.Clear();
        _onFailure.CompletionSources.Add([.. Enum.GetValues<FailurePolicy>().Select(policy => Words.Of(policy))]);
    }

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <summary>What it is called in a sentence, as in <c>a swap</c>.</summary>
    protected abstract string What { get; }

    /// <summary>Moves.</summary>
    protected abstract Task<SwapResult> MoveAsync(
        IOuterHost host, Invocation invocation, FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer);

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var yes = invocation.Parsed.GetValue(_yes);
        if (!yes && !OperatorApproval.CanAsk(invocation))
            throw new UsageException($"{What} must be agreed to, and there is no terminal to ask at", "Give --yes to agree without being asked.");
        try
        {
            var result = await WatchAsync(invocation, yes);
            WriteResult(invocation, result);
            return (int)ExitCodes.From(result.Result);
        }
        catch (Exception e)
        {
            // Programs that read the events learn of it by a last line; Verb tells the operator.
            WriteFailure(invocation, e);
            throw;
        }
    }

    private async Task<SwapResult> WatchAsync(Invocation invocation, bool yes)
    {
        var presenter = ChoosePresenter(invocation);
        invocation.Guard.Say = presenter.Note;
        var host = invocation.OpenHost();
        var queue = new QueuedObserver(presenter, new LoggingObserver(invocation.Log!.Logger), new JournalObserver(invocation.Services.Journal));
        try
        {
            return await MoveAsync(
                host,
                invocation,
                invocation.Parsed.GetValue(_onFailure),
                new OperatorApproval(invocation, yes, queue, presenter),
                new BothObservers(invocation.Log.Swap, queue));
        }
        finally
        {
            await CloseAsync(invocation, queue);
            await CloseAsync(invocation, presenter);
        }
    }

    private static async Task CloseAsync(Invocation invocation, IAsyncDisposable watcher)
    {
        try
        {
            await watcher.DisposeAsync();
        }
        catch (IOException e)
        {
            // The swap itself has its result; that it could not be watched must not take its place.
            invocation.Warn(e.Message);
        }
    }

    private static ISwapPresenter ChoosePresenter(Invocation invocation)
    {
        var services = invocation.Services;
        if (invocation.Format == OutputFormat.Json) return new JsonPresenter(services.Out, services.Error, services.Time);
        var canDraw = services.Terminal is { Output: true } && !Consoles.IsDumb(services.Environment) && !invocation.Verbose;
        return canDraw
            ? new LivePresenter(invocation.Out, services.Time)
            : new PlainPresenter(services.Out, services.Error, services.Time);
    }

    private static void WriteResult(Invocation invocation, SwapResult result)
    {
        var json = invocation.Format == OutputFormat.Json;
        if (!json) SwapReport.WriteMoves(invocation.Out, result);
        var good = result.Result is OperationResult.Done or OperationResult.NothingToDo or OperationResult.Declined;
        SwapReport.WriteEnd(json || !good ? invocation.Error : invocation.Out, result);
    }

    private static void WriteFailure(Invocation invocation, Exception exception)
    {
        if (invocation.Format != OutputFormat.Json) return;
        var code = ExitCodes.From(exception, invocation.Token.IsCancellationRequested);
        HostctlJson.WriteLine<EventLine>(
            invocation.Services.Out,
            new FailedLine(
                invocation.Services.Time.GetUtcNow(), (int)code, Words.Of(code), exception.Message, (exception as HostSwapException)?.Remedy),
            json => json.EventLine);
    }

    /// <summary>The log's context learns of an event at once, before anything else is logged; the rest may wait.</summary>
    private sealed class BothObservers(ISwapObserver first, ISwapObserver second) : ISwapObserver
    {
        public void OnEvent(SwapEvent swapEvent)
        {
            first.OnEvent(swapEvent);
            second.OnEvent(swapEvent);
        }
    }
}
