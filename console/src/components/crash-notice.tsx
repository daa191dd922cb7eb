import { Component, type ReactNode } from "react";

/** Keeps what goes wrong in a page from taking the rest of the console away. */
export class CrashNotice extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError() {
    return { crashed: true };
  }

  override render() {
    if (!this.state.crashed) return this.props.children;
    return (
      <div className="notice bad" role="alert">
        <p>
          Something went wrong in this page. What you entered, and the tokens that you generated, are still
          there.
        </p>
        <button type="button" onClick={() => this.setState({ crashed: false })}>
          Show it again
        </button>
      </div>
    );
  }
}
