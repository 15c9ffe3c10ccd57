using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Docker.DotNet.Models;

namespace HostSwap.Orchestrator.Docker;

/// <content>Images.</content>
public sealed partial class DockerEngine : IImageStore
{
    private const string NoName = "<none>:<none>";

    /// <summary>APT fetches as a user of its own, to whom it gives its directories.</summary>
    private static readonly string[] AptCapabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredImage>> ListImagesAsync(string label, string value, CancellationToken cancellationToken)
    {
        var parameters = new ImagesListParameters { Filters = Filter("label", $"{label}={value}") };
        var listed = await CallAsync("list images", (client, token) => client.Images.ListImagesAsync(parameters, token), cancellationToken);
        return
        [
            .. listed.Select(static image => new StoredImage(
                image.ID,
                [.. (image.RepoTags ?? []).Where(static name => name is not NoName)],
                new DateTimeOffset(DateTime.SpecifyKind(image.Created, DateTimeKind.Utc)),
                image.Size,
                image.Labels?.AsReadOnly() ?? EmptyLabels)),
        ];
    }

    /// <inheritdoc/>
    public async Task<string?> ReadTextAsync(string id, string path, int limit, KeyValuePair<string, string> label, CancellationToken cancellationToken)
    {
        await RemoveLeftAsync(label, cancellationToken);
        var parameters = new CreateContainerParameters
        {
            Image = id,
            Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [label.Key] = label.Value },
            HostConfig = new HostConfig { NetworkMode = "none", ReadonlyRootfs = true, CapDrop = ["ALL"] },
        };
        var made = await CallAsync($"create a container to read {path}", (client, token) => client.Containers.CreateContainerAsync(parameters, token), cancellationToken);
        try
        {
            return await FindAsync(
                $"read {path} of {id}",
                async (client, token) =>
                {
                    var archive = await client.Containers.GetArchiveFromContainerAsync(made.ID, new ContainerPathStatParameters { Path = path }, statOnly: false, token);
                    await using var stream = archive.Stream ?? Stream.Null;
                    return await ReadFileAsync(stream, limit, token);
                },
                cancellationToken);
        }
        finally
        {
            await RemoveContainerAsync(made.ID, CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CommandOutcome>> RunAsync(
        string id, IReadOnlyList<IReadOnlyList<string>> commands, TimeSpan limit, KeyValuePair<string, string> label, CancellationToken cancellationToken)
    {
        await RemoveLeftAsync(label, cancellationToken);
        var parameters = new CreateContainerParameters
        {
            Image = id,
            Entrypoint = ["sleep", ((long)Math.Ceiling(limit.TotalSeconds)).ToString(CultureInfo.InvariantCulture)],
            Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [label.Key] = label.Value },
            HostConfig = new HostConfig { NetworkMode = "host", AutoRemove = true, CapDrop = ["ALL"], CapAdd = [.. AptCapabilities] },
            StopSignal = "SIGKILL",
        };
        var made = await CallAsync("create a container to run commands in", (client, token) => client.Containers.CreateContainerAsync(parameters, token), cancellationToken);
        try
        {
            await StartContainerAsync(made.ID, cancellationToken);
            var outcomes = new List<CommandOutcome>();
            foreach (var command in commands)
            {
                outcomes.Add(await ExecuteAsync(made.ID, command, limit, cancellationToken));
                if (outcomes[^1].ExitCode != 0)
                    break;
            }

            return outcomes;
        }
        finally
        {
            await RemoveContainerAsync(made.ID, CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public async Task NameImageAsync(string id, string name, CancellationToken cancellationToken)
    {
        var colon = name.LastIndexOf(':');
        await CallAsync(
            $"name image {name}",
            async (client, token) =>
            {
                await client.Images.TagImageAsync(id, new ImageTagParameters { RepositoryName = name[..colon], Tag = name[(colon + 1)..] }, token);
                return name;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task UnnameImageAsync(string name, CancellationToken cancellationToken) => FindAsync(
        $"remove the image name {name}",
        (client, token) => client.Images.DeleteImageAsync(name, new ImageDeleteParameters { Force = false }, token),
        cancellationToken);

    /// <inheritdoc/>
    public async Task RemoveImageAsync(StoredImage image, CancellationToken cancellationToken)
    {
        // By its names: Docker refuses to remove one by its digest that has several.
        foreach (var name in image.Names is [] ? [image.Id] : image.Names)
        {
            await FindAsync(
                $"remove image {name}",
                (client, token) => client.Images.DeleteImageAsync(name, new ImageDeleteParameters { Force = false }, token),
                cancellationToken);
        }
    }

    private async Task RemoveLeftAsync(KeyValuePair<string, string> label, CancellationToken cancellationToken)
    {
        foreach (var left in await ListContainersAsync(label.Key, label.Value, cancellationToken))
            await RemoveContainerAsync(left.Id, cancellationToken);
    }

    /// <summary>The one file of an archive.</summary>
    private static async Task<string> ReadFileAsync(Stream archive, int limit, CancellationToken cancellationToken)
    {
        await using var reader = new TarReader(archive);
        var entry = await reader.GetNextEntryAsync(copyData: false, cancellationToken);
        if (entry is not { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile, DataStream: { } data } || entry.Length > limit)
            return "";
        var bytes = new byte[entry.Length];
        await data.ReadExactlyAsync(bytes, cancellationToken);
        return Encoding.UTF8.GetString(bytes);
    }
}
