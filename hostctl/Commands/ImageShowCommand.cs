using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl image show</c>.</summary>
internal sealed class ImageShowCommand : Verb
{
    private readonly Argument<string> _image = new("image") { Description = "Its name or digest" };

    /// <summary>Adds the verb to the grammar.</summary>
    public ImageShowCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "show", "Shows one host image: its labels, its packages, and what needs it.")
    {
        Add(_image);
        Add(options.Format);
    }

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var contents = await invocation.OpenHost().ShowImageAsync(invocation.Parsed.GetValue(_image)!, invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, ImageShowDocument.Of(contents), json => json.ImageShowDocument);
        else
            ImageText.Write(invocation.Out, contents, invocation.Zone);
        return (int)ExitCode.Done;
    }
}
