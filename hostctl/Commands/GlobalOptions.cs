using System.CommandLine;
using HostSwap.Orchestrator.Configuration;

namespace HostSwap.Hostctl.Commands;

/// <summary>How a verb's result is written.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>For programs: one document, or JSON Lines of a swap. All human text goes to standard error.</summary>
    Json,
}

/// <summary>The options that several verbs share.</summary>
internal sealed class GlobalOptions
{
    private const string Json = "json";

    /// <summary>How long <c>--wait-jobs</c> waits where it is not told.</summary>
    private static readonly TimeSpan DefaultWait = TimeSpan.FromHours(1);

    /// <summary><c>--config</c>.</summary>
    public Option<string?> Config { get; } = new("--config")
    {
        Description = "Configuration file [default: HOSTSWAP_CONFIG, or /etc/hostswap/hostswap.toml]",
        HelpName = "PATH",
        Recursive = true,
    };

    /// <summary><c>--no-color</c>.</summary>
    public Option<bool> NoColor { get; } = new("--no-color")
    {
        Description = "No colours; so does a NO_COLOR in the environment",
        Recursive = true,
    };

    /// <summary><c>--verbose</c>.</summary>
    public Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Log more, and show log lines on standard error",
        Recursive = true,
    };

    /// <summary><c>--format</c>, for the verbs that read.</summary>
    public Option<string> Format { get; } = MakeFormat();

    /// <summary><c>--wait-jobs</c>, for the verbs that plan.</summary>
    public Option<string?> WaitJobs { get; } = MakeWaitJobs();

    /// <summary>Makes a <c>--image</c>.</summary>
    public static Option<string?> MakeImage(string description)
    {
        var option = new Option<string?>("--image") { Description = description, HelpName = "REF" };
        option.Validators.Add(result =>
        {
            var reference = result.GetValueOrDefault<string?>();
            if (string.IsNullOrEmpty(reference) || reference.StartsWith('-') || reference.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
                result.AddError("--image takes an image reference such as hostswap/host:trixie or its digest.");
        });
        return option;
    }

    /// <summary>Reads <c>--format</c> of a verb that has it; text for one that has not.</summary>
    public OutputFormat FormatOf(ParseResult parsed) =>
        string.Equals(parsed.GetResult(Format)?.GetValueOrDefault<string>(), Json, StringComparison.Ordinal)
            ? OutputFormat.Json
            : OutputFormat.Text;

    /// <summary>The settings as the command line has them: <c>--wait-jobs</c> goes before the configuration.</summary>
    public HostSwapSettings Adjust(HostSwapSettings settings, ParseResult parsed)
    {
        if (parsed.GetResult(WaitJobs) is not { Implicit: false } result)
            return settings;
        var wait = DurationText.TryParse(result.GetValueOrDefault<string?>() ?? "", out var given) ? given : DefaultWait;
        return settings with { Migration = settings.Migration with { WaitJobs = wait } };
    }

    private static Option<string?> MakeWaitJobs()
    {
        var option = new Option<string?>("--wait-jobs")
        {
            Description = $"Wait for backups and other jobs on VMs to end before anything moves, at most so long ({DurationText.Format(DefaultWait)} where nothing is said)",
            HelpName = "DURATION",
            Arity = ArgumentArity.ZeroOrOne,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is not { } text) return;
            if (!DurationText.TryParse(text, out var duration))
                result.AddError($"--wait-jobs takes {DurationText.Allowed}.");
            else if (duration > MigrationSettings.LongestWait)
                result.AddError($"--wait-jobs takes {DurationText.Format(MigrationSettings.LongestWait)} at most.");
        });
        return option;
    }

    private static Option<string> MakeFormat()
    {
        var option = new Option<string>("--format")
        {
            Description = "How the result is written",
            HelpName = "text|json",
            DefaultValueFactory = _ => "text",
        };
        option.AcceptOnlyFromAmong("text", Json);
        return option;
    }
}
