using HostSwap.Hostctl.Logging;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Errors;
using Serilog.Events;

namespace HostSwap.Hostctl.Commands;

/// <summary>Tells the operator and the log of an exception that ended a verb.</summary>
internal static class ErrorReport
{
    /// <summary>Tells it.</summary>
    /// <param name="invocation">The run that it ended.</param>
    /// <param name="exception">The exception.</param>
    /// <param name="interrupted">Whether the operator had asked for an interruption before.</param>
    /// <returns>The exit status for it.</returns>
    public static ExitCode Tell(Invocation invocation, Exception exception, bool interrupted)
    {
        var code = ExitCodes.From(exception, interrupted);
        var log = invocation.Log?.Logger.ForContext(HostctlLog.Told, true);
        if (code == ExitCode.Interrupted) log?.Warning("hostctl ends with {ExitCode}", code);
        else log?.Error(exception, "hostctl ends with {ExitCode}", code);

        var error = invocation.Services.Error;
        var prefix = HostctlLog.IsUnderSystemd(invocation.Services) ? StandardErrorSink.Prefix(LogEventLevel.Error) : "";
        error.WriteLine($"{prefix}hostctl: {Describe(invocation, exception, code)}");
        if (exception is HostSwapException { Remedy.Length: > 0 } expected)
            error.WriteLine($"{prefix}  {SafeText.Message(expected.Remedy)}");
        return code;
    }

    private static string Describe(Invocation invocation, Exception exception, ExitCode code) => code switch
    {
        ExitCode.Interrupted => "interrupted",
        ExitCode.InternalError =>
            $"internal error: {exception.GetType().Name}: {SafeText.Sentence(exception.Message)} ({Trace(invocation)})",
        _ => SafeText.Message(exception.Message),
    };

    private static string Trace(Invocation invocation) => invocation.Log?.File is { } file
        ? $"this is a defect; the stack trace is in {file}"
        : "this is a defect, and there is no log file for the stack trace";
}
