using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl image list</c>.</summary>
internal sealed class ImageListCommand : Verb
{
    /// <summary>Adds the verb to the grammar.</summary>
    public ImageListCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "list", "Lists the host images of this machine, and what needs each.") => Add(options.Format);

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var images = await invocation.OpenHost().GetImagesAsync(invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, ImageListDocument.From(images), json => json.ImageListDocument);
        else
            ImageText.Write(invocation.Out, images, invocation.Zone);
        return (int)ExitCode.Done;
    }
}

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

/// <summary><c>hostctl image remove</c>.</summary>
internal sealed class ImageRemoveCommand : Verb
{
    private readonly Argument<string> _image = new("image") { Description = "Its name or digest" };

    /// <summary>Adds the verb to the grammar.</summary>
    public ImageRemoveCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "remove", "Removes a host image that neither a generation, nor an unfinished operation, nor the configuration needs.") => Add(_image);

    /// <inheritdoc/>
    protected override bool Changes => true;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var removed = await invocation.OpenHost().RemoveImageAsync(invocation.Parsed.GetValue(_image)!, invocation.Token);
        invocation.Out.Line($"Removed {ImageText.NameOf(removed)} ({Format.Digest(removed.Id)}).");
        return (int)ExitCode.Done;
    }
}
