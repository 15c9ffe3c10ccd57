#if HOSTSWAP_FAULTS
using System.Globalization;

namespace HostSwap.Orchestrator.Faults;

/// <summary>What happens at a fault point.</summary>
internal enum FaultAction
{
    /// <summary><c>kill</c>: SIGKILL to this process.</summary>
    Kill,

    /// <summary><c>stop</c>: SIGSTOP to this process, which goes on when somebody sends it SIGCONT.</summary>
    Stop,

    /// <summary><c>io-error</c>: the exception of a full disk; at <see cref="FaultPoints.JournalWrite"/> alone.</summary>
    IoError,

    /// <summary><c>fail</c>: the exception of an adapter; at the points of effects alone.</summary>
    Fail,
}

/// <summary>One rule: <c>POINT[:N]=ACTION</c>. For effects the point is <c>effect-begin[:STEP]</c> or <c>effect-end[:STEP]</c>.</summary>
/// <param name="Point">The point; one of an effect without its step stands for all steps.</param>
/// <param name="Number">At which of its hits the action happens, from 1.</param>
/// <param name="Action">What happens.</param>
internal sealed record FaultRule(string Point, int Number, FaultAction Action)
{
    /// <summary>Reads a rule.</summary>
    /// <exception cref="FormatException">It is malformed; the message says why.</exception>
    public static FaultRule Parse(string text)
    {
        var equals = text.LastIndexOf('=');
        if (equals < 0)
            throw Malformed(text, "it has no action: POINT[:N]=ACTION");

        var words = text[..equals].Split(':');
        var number = 1;
        // No step's name begins with a digit, so that a number is the count wherever it stands last.
        if (words.Length > 1 && char.IsAsciiDigit(words[^1].FirstOrDefault()))
        {
            if (!int.TryParse(words[^1], NumberStyles.None, CultureInfo.InvariantCulture, out number) || number == 0)
                throw Malformed(text, $"\"{words[^1]}\" is no count from 1");
            words = words[..^1];
        }

        var isEffect = words[0] is FaultPoints.EffectBegin or FaultPoints.EffectEnd;
        if (!isEffect && words[0] is not (FaultPoints.JournalWrite or FaultPoints.JournalWritten))
            throw Malformed(text, $"there is no point \"{words[0]}\"");
        if (words.Length > (isEffect ? 2 : 1) || words.Contains("", StringComparer.Ordinal))
            throw Malformed(text, isEffect ? "it is effect-begin[:STEP][:N] or effect-end[:STEP][:N]" : $"it is {words[0]}[:N]");
        return new FaultRule(string.Join(':', words), number, ActionOf(text, text[(equals + 1)..], words[0], isEffect));
    }

    /// <summary>Whether it is for this point.</summary>
    public bool IsFor(string point) =>
        point.StartsWith(Point, StringComparison.Ordinal) && (point.Length == Point.Length || point[Point.Length] == ':');

    private static FaultAction ActionOf(string rule, string action, string point, bool isEffect) => action switch
    {
        "kill" => FaultAction.Kill,
        "stop" => FaultAction.Stop,
        "io-error" when point is FaultPoints.JournalWrite => FaultAction.IoError,
        "io-error" => throw Malformed(rule, $"io-error is for {FaultPoints.JournalWrite} alone"),
        "fail" when isEffect => FaultAction.Fail,
        "fail" => throw Malformed(rule, "fail is for effects alone"),
        _ => throw Malformed(rule, $"there is no action \"{action}\" (kill, stop, io-error, fail)"),
    };

    private static FormatException Malformed(string rule, string why) => new($"the rule \"{rule}\" is malformed: {why}");
}
#endif
