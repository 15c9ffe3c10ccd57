using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Logging;
using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Watching;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl swap</c>.</summary>
internal sealed class SwapCommand : Verb
{
    private readonly Option<string?> _image = GlobalOptions.MakeImage("The new image [default: the configured one]");

    private readonly Option<bool> _yes = new("--yes") { Description = "Do not ask; needed where there is no terminal" };

    private readonly Option<bool> _force = new("--force") { Description = "Swap even to the image that is active already" };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only plan, as 'hostctl plan' does" };

    /// <summary>Adds the verb to the grammar.</summary>
    public SwapCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "swap", "Starts a host container from the new image, moves every VM into it live, and retires the old one.")
    {
        Add(_image);
        Add(_yes);
        Add(_force);
        Add(_dryRun);
        Add(options.Format);
    }

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var image = invocation.Parsed.GetValue(_image);
        if (invocation.Parsed.GetValue(_dryRun)) return await PlanCommand.PlanAsync(invocation, image);
        var yes = invocation.Parsed.GetValue(_yes);
        if (!yes && !OperatorApproval.CanAsk(invocation))
            throw new UsageException("a swap must be agreed to, and there is no terminal to ask at", "Give --yes to agree without being asked.");
        try
        {
            var result = await SwapAsync(invocation, new SwapRequest(image, invocation.Parsed.GetValue(_force)), yes);
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

    private static async Task<SwapResult> SwapAsync(Invocation invocation, SwapRequest request, bool yes)
    {
        var presenter = ChoosePresenter(invocation);
        invocation.Guard.Say = presenter.Note;
        var host = invocation.OpenHost();
        var queue = new QueuedObserver(presenter, new LoggingObserver(invocation.Log!.Logger));
        try
        {
            var approval = new OperatorApproval(invocation, yes, queue, presenter);
            return await host.SwapAsync(
                request, approval, new BothObservers(invocation.Log.Swap, queue), invocation.Token);
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
