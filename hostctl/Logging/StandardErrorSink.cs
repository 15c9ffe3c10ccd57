using System.Globalization;
using System.Text;
using HostSwap.Hostctl.Rendering;
using Serilog.Core;
using Serilog.Events;

namespace HostSwap.Hostctl.Logging;

/// <summary>Writes log lines to standard error for people or, with level prefixes, for systemd's journal.</summary>
/// <param name="writer">Standard error.</param>
/// <param name="prefixed">Whether each line begins with <c>&lt;N&gt;</c> as <c>sd-daemon(3)</c> describes.</param>
internal sealed class StandardErrorSink(TextWriter writer, bool prefixed) : ILogEventSink
{
    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        if (logEvent.Properties.ContainsKey(HostctlLog.Told)) return;
        var text = new StringBuilder();
        var prefix = prefixed ? Prefix(logEvent.Level) : "";
        text.Append(prefix).Append(SafeText.Sentence(logEvent.RenderMessage(CultureInfo.InvariantCulture)));
        foreach (var line in logEvent.Exception?.ToString().Split('\n') ?? [])
            text.Append('\n').Append(prefix).Append("  ").Append(SafeText.Sentence(line));
        writer.WriteLine(text.ToString());
    }

    /// <summary>systemd's prefix for a level.</summary>
    public static string Prefix(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => "<2>",
        LogEventLevel.Error => "<3>",
        LogEventLevel.Warning => "<4>",
        LogEventLevel.Information => "<6>",
        _ => "<7>",
    };
}
