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
