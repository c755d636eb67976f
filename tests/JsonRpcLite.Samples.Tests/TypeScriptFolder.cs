using JsonRpcLite.Tests;

namespace JsonRpcLite.Samples.Tests;

/// <summary>A folder of TypeScript with the compiler's strictest settings.</summary>
internal sealed class TypeScriptFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory().FullName;

    public TypeScriptFolder()
    {
        Write("package.json", """{"type":"module"}""");
        Write("tsconfig.json", """
            {
              "compilerOptions": {
                "strict": true, "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true, "noUnusedLocals": true, "noUnusedParameters": true, "noImplicitOverride": true,
                "noImplicitReturns": true, "noFallthroughCasesInSwitch": true, "noPropertyAccessFromIndexSignature": true, "isolatedModules": true, "verbatimModuleSyntax": true, "erasableSyntaxOnly": true,
                "target": "es2022", "lib": ["es2022", "dom"], "module": "nodenext", "types": [], "outDir": "out"
              },
              "include": ["*.ts"]
            }
            """);
    }

    public void Write(string name, string text) => File.WriteAllText(Path.Combine(_path, name), text);

    /// <summary>Compiles all of it to JavaScript; returns the compiler's errors.</summary>
    public async Task<string> CompileAsync()
    {
        var compiled = await Command.RunAsync("node", Path.Combine(Equipment.Packages, "typescript/bin/tsc"), "--project", _path, "--pretty", "false");
        return compiled.Output + compiled.Errors;
    }

    /// <summary>Runs the JavaScript of a file.</summary>
    public Command Start(string name, params string[] arguments) => Command.Start("node", [Path.Combine(_path, "out", name), .. arguments]);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
