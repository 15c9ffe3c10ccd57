using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl image diff</c>.</summary>
internal sealed class ImageDiffCommand : Verb
{
    private readonly Argument<string?> _from = new("from") { Description = "The one [default: that of the active generation]", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string?> _to = new("to") { Description = "The other [default: the configured one]", Arity = ArgumentArity.ZeroOrOne };

    /// <summary>Adds the verb to the grammar.</summary>
    public ImageDiffCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "diff", "Compares the packages of two host images; those on which security rests first.")
    {
        Add(_from);
        Add(_to);
        Add(options.Format);
    }

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var comparison = await invocation.OpenHost().CompareImagesAsync(invocation.Parsed.GetValue(_from), invocation.Parsed.GetValue(_to), invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, ImageDiffDocument.Of(comparison), json => json.ImageDiffDocument);
        else
            ImageText.Write(invocation.Out, comparison);
        return (int)(comparison.Packages.Count == 0 ? ExitCode.Done : ExitCode.ChecksFailed);
    }
}
