using System.Text.RegularExpressions;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>
/// The form of an image reference, as Docker's <c>distribution/reference</c> defines it:
/// <c>[host[:port]/]name[/name…][:tag][@digest]</c>, or an image's own id <c>sha256:…</c>.
/// </summary>
public static partial class ImageReference
{
    /// <summary>What is accepted, to be shown after an error.</summary>
    public const string Allowed = "an image reference such as \"hostswap/host:trixie\" (lower case, at most 255 characters before the tag)";

    private const int MaximumNameLength = 255;

    /// <summary>Whether the text has the form of an image reference; whether there is such an image is not looked at.</summary>
    public static bool IsValid(string text)
    {
        if (ImageId().IsMatch(text))
            return true;
        var match = Reference().Match(text);
        return match.Success && match.Groups["name"].Length <= MaximumNameLength;
    }

    [GeneratedRegex(
        @"\A(?<name>(?:(?:(?:localhost|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+)(?::[0-9]{1,5})?|[A-Za-z0-9][A-Za-z0-9-]*:[0-9]{1,5})/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?\z",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Reference();

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ImageId();
}
